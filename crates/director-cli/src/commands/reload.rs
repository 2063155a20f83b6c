//! `director reload`: put the file into force, say what that touches, and wait for what is restarted.

use std::path::Path;

use director_core::reload::{ReloadAction, ReloadPlan, ServiceChange};
use director_core::report::DirectorReport;
use director_core::spec::ServiceName;
use director_core::words::Goal;

use super::act::{Waiting, default_timeout, now};
use crate::args::Reload;
use crate::client::{self, Link, Trouble, converse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate::Place;
use crate::progress::{Before, Wish};
use crate::ui::Ui;

pub(crate) fn reload(config: Option<&Path>, args: &Reload, ui: &mut Ui) -> Result<Exit, Failure> {
    let place = Place::find(config)?;
    let endpoint = client::endpoint(&place)?;
    let conversation = async {
        let mut link = Link::open(&endpoint).await?;
        let before = Before::new(Wish::Restart, now(), &link.report(None).await?);
        let reloaded = link.reload(args.dry_run).await?;
        let after = link.report(None).await?;
        Ok((link, before, reloaded, after))
    };
    converse(async {
        let (link, before, reloaded, after) = conversation
            .await
            .map_err(|trouble: Trouble| trouble.failure(&place))?;
        if args.json {
            ui.print_json(&serde_json::json!({ "dry_run": args.dry_run, "plan": reloaded.plan }))?;
            return Ok(Exit::Done);
        }
        ui.print(&plan_text(&reloaded.plan, args.dry_run))?;
        let renewed = renewed(&reloaded.plan, &after);
        if args.dry_run || args.no_wait || renewed.is_empty() {
            return Ok(Exit::Done);
        }
        let limit = args
            .timeout
            .unwrap_or_else(|| default_timeout(Wish::Restart, &renewed, place.spec.as_ref()));
        let mut waiting = Waiting::new(&place, &endpoint, link, before, renewed);
        waiting.until_settled(reloaded.revision, limit, ui).await
    })?
}

/// What a new run is to be waited for.
fn renewed(plan: &ReloadPlan, report: &DirectorReport) -> Vec<ServiceName> {
    let is_wanted = |name: &ServiceName| {
        let mut services = report.services.iter();
        services.any(|service| service.name == *name && service.goal == Goal::Up)
    };
    let begins = |change: &&ServiceChange| matches!(change.action, ReloadAction::Add | ReloadAction::Restart);
    let names = plan.services.iter().filter(begins).map(|change| &change.service);
    names.filter(|name| is_wanted(name)).cloned().collect()
}

/// A line for each service that is touched.
fn plan_text(plan: &ReloadPlan, dry_run: bool) -> String {
    if plan.is_empty() {
        return "nothing differs from the configuration in force\n".to_owned();
    }
    let mut text = String::new();
    if dry_run {
        text.push_str("nothing was changed; a reload would do this:\n");
    }
    for change in &plan.services {
        let what = match change.action {
            ReloadAction::Add => "new".to_owned(),
            ReloadAction::Remove => "no longer declared: stopped and forgotten".to_owned(),
            ReloadAction::Restart => format!("restarted, since this differs: {}", change.keys.join(", ")),
            ReloadAction::Apply => format!("changed without a restart: {}", change.keys.join(", ")),
        };
        text.push_str(&format!("{}: {what}\n", change.service));
    }
    for key in &plan.next_start {
        text.push_str(&format!("{key}: counts from the director's next start on\n"));
    }
    text
}
