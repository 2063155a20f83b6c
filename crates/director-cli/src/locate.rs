//! Which configuration is meant, and where its director is reached.

use std::path::{Path, PathBuf};

use director_config::{Diagnostics, Environment, Loaded, Source};
use director_core::report::DirectorReport;
use director_core::spec::{DirectorSpec, ServiceName, ServiceSpec};
use director_store::files::OnBad;
use director_store::last_good::{self, fnv64};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// The data folder's default name, under the config's folder (product contract).
const DEFAULT_DATA_DIR: &str = ".director";

/// A configuration, and what it says about where things are.
#[derive(Debug)]
pub(crate) struct Place {
    /// The file.
    pub(crate) config: PathBuf,
    /// Where the director keeps its records; names the endpoint.
    pub(crate) data_dir: PathBuf,
    /// Where logs are.
    pub(crate) log_dir: PathBuf,
    /// What the file says, or when it is invalid, what the last good one said.
    pub(crate) spec: Option<DirectorSpec>,
    /// What is wrong with the file.
    pub(crate) trouble: Option<Diagnostics>,
}

/// A configuration that was found, and whose text is not understood yet.
pub(crate) struct Found {
    config: PathBuf,
    source: Result<Source, Diagnostics>,
}

impl Found {
    /// Finds the configuration's file and reads it.
    pub(crate) fn find(explicit: Option<&Path>) -> Result<Self, Failure> {
        let config = find_config(explicit)?;
        let source = Source::read(&config);
        Ok(Self { config, source })
    }

    /// The data folder, where it is plain without understanding the whole file: one that does not even contain the key, nor an
    /// escape that could spell it, leaves the default.
    pub(crate) fn plain_data_dir(&self) -> Option<PathBuf> {
        let text = &self.source.as_ref().ok()?.text;
        let names_one = ["data_dir", "\\u", "\\U", "\\x"]
            .iter()
            .any(|spelling| text.contains(spelling));
        let base = self.config.parent()?;
        (!names_one).then(|| base.join(DEFAULT_DATA_DIR))
    }

    /// Whether the director has read exactly this text.
    pub(crate) fn is_in_force(&self, report: &DirectorReport) -> bool {
        match (&self.source, &report.config_fnv64) {
            (Ok(source), Some(in_force)) => fnv64(&source.text) == *in_force,
            (Ok(_) | Err(_), _) => false,
        }
    }

    /// Understands it. An invalid one still leads to its director, so that it can be seen and stopped.
    pub(crate) fn read(&self) -> Place {
        let config = self.config.clone();
        let source = match &self.source {
            Ok(source) => source,
            Err(trouble) => return Place::lenient(config, "", trouble.clone()),
        };
        match load(source) {
            Ok(loaded) => Place {
                config,
                data_dir: loaded.spec.data_dir.clone(),
                log_dir: loaded.spec.log_dir.clone(),
                spec: Some(loaded.spec),
                trouble: None,
            },
            Err(trouble) => Place::lenient(config, &source.text, trouble),
        }
    }
}

impl Place {
    /// Finds the configuration and reads it.
    pub(crate) fn find(explicit: Option<&Path>) -> Result<Self, Failure> {
        Found::find(explicit).map(|found| found.read())
    }

    /// Of an invalid file: the folders it names, if that much can be understood, and the last good configuration.
    fn lenient(config: PathBuf, text: &str, trouble: Diagnostics) -> Self {
        let base = config.parent().unwrap_or(Path::new(".")).to_path_buf();
        let data_dir = base.join(named(text, "data_dir").as_deref().unwrap_or(DEFAULT_DATA_DIR));
        let kept = last_good::load(&data_dir, OnBad::Leave).ok().flatten();
        let spec = kept.and_then(|kept| {
            let source = Source {
                path: kept.source,
                text: kept.text,
            };
            load(&source).ok().map(|loaded| loaded.spec)
        });
        let log_dir = match &spec {
            Some(spec) => spec.log_dir.clone(),
            None => base.join(named(text, "log_dir").as_deref().unwrap_or("logs")),
        };
        Self {
            config,
            data_dir,
            log_dir,
            spec,
            trouble: Some(trouble),
        }
    }

    /// The names of its services.
    pub(crate) fn service_names(&self) -> impl Iterator<Item = &str> {
        self.spec
            .iter()
            .flat_map(|spec| spec.services.keys())
            .map(ServiceName::as_str)
    }

    /// The services that a name means: the one that bears it, or all instances of the one that is declared by it.
    pub(crate) fn meant_by(&self, name: &str) -> Vec<ServiceName> {
        let services = self.spec.iter().flat_map(|spec| spec.services.values());
        let mut meant: Vec<&ServiceSpec> = services.filter(|service| service.is_meant_by(name)).collect();
        meant.sort_by_key(|service| service.instance.as_ref().map(|instance| instance.index));
        meant.into_iter().map(|service| service.name.clone()).collect()
    }

    /// Where a service's output is.
    pub(crate) fn log_file(&self, service: &str) -> PathBuf {
        self.log_dir.join(service).join("current.log")
    }

    /// Says that the file is invalid, when a command goes on all the same.
    pub(crate) fn warn(&self, ui: &mut Ui) {
        if let Some(trouble) = &self.trouble {
            ui.warn(&format!(
                "{}: the file is invalid now; this works with what ran last (see `director check`)",
                trouble.summary()
            ));
        }
    }
}

/// The configuration that ran last from a file that is invalid now; none when nothing was kept.
pub(crate) fn last_good_of(config: &Path) -> Option<DirectorSpec> {
    Place::find(Some(config))
        .ok()
        .filter(|place| place.trouble.is_some())?
        .spec
}

/// Finds the file.
pub(crate) fn find_config(explicit: Option<&Path>) -> Result<PathBuf, Failure> {
    let cwd = std::env::current_dir().map_err(|error| {
        Failure::new(
            Exit::ConfigInvalid,
            format!("cannot tell the current folder: {error}"),
        )
    })?;
    let machine_wide = director_config::machine_wide_path(is_windows(), &variable);
    director_config::discover(explicit, &cwd, &machine_wide).map_err(|missing| {
        let failure = Failure::new(Exit::ConfigInvalid, missing.to_string());
        match explicit {
            Some(_) => failure,
            None => failure.hint("name one with `-c PATH`, or try `director demo`, which needs none"),
        }
    })
}

/// Reads a configuration against this machine.
pub(crate) fn load(source: &Source) -> Result<Loaded, Diagnostics> {
    let environment = Environment {
        vars: &variable,
        windows: is_windows(),
        read_file: &|path| std::fs::read_to_string(path),
    };
    director_config::load(source, &environment)
}

pub(crate) fn is_windows() -> bool {
    std::env::consts::OS == "windows"
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A plain text of `[director]` in a file that is invalid elsewhere. One that needs the environment is not guessed.
fn named(text: &str, key: &str) -> Option<String> {
    let (table, _) = toml::de::DeTable::parse_recoverable(text);
    let value = table.get_ref().get("director")?.get_ref().as_table()?.get(key)?;
    let text = value.get_ref().as_str()?;
    (!text.contains('$')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<PathBuf> {
        let found = Found {
            config: PathBuf::from("/hub/director.toml"),
            source: Ok(Source {
                path: PathBuf::from("/hub/director.toml"),
                text: text.to_owned(),
            }),
        };
        found.plain_data_dir()
    }

    #[test]
    fn the_data_folder_is_plain_where_no_spelling_of_its_key_occurs() {
        let default = Some(Path::new("/hub").join(DEFAULT_DATA_DIR));
        assert_eq!(plain("[service.web]\ncommand = ['x']\n"), default);
        for text in [
            "[director]\ndata_dir = 'state'\n",
            "director = { data_dir = \"x\" }",
            "[director]\n\"data\\u005fdir\" = 'state'\n",
            "[director]\n\"data\\x5fdir\" = 'state'\n",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
