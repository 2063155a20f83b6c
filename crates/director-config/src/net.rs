//! Probe addresses: `http://host[:port]/path` and `host:port`.

use std::net::{IpAddr, Ipv6Addr};

use crate::codes::Code;
use crate::keys::Shape;
use crate::read::{Ctx, Fault, Item};

/// Whether a text is a host name: labels of letters, digits, `-` and `_`, at most 253 bytes.
pub(crate) fn is_host_name(text: &str) -> bool {
    let usable = |found: char| found.is_ascii_alphanumeric() || matches!(found, '-' | '_');
    text.len() <= 253
        && text.split('.').all(|label| (1..=63).contains(&label.len()) && label.chars().all(usable) && !label.starts_with('-'))
        // What ends in a number is meant as an address, and is a wrong one.
        && !text.rsplit('.').next().unwrap_or_default().bytes().all(|byte| byte.is_ascii_digit())
}

/// Host and port of `host`, `host:port` or `[v6]:port`; the host without brackets.
fn split_authority(text: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("`[` without `]`")?;
            host.parse::<Ipv6Addr>()
                .map_err(|_| "no IPv6 address stands between the brackets".to_owned())?;
            match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if after.is_empty() => (host, None),
                None => return Err("only `:port` may follow `]`".to_owned()),
            }
        }
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    if host.parse::<IpAddr>().is_err() && !is_host_name(host) {
        return Err("the host is no address and no name".to_owned());
    }
    let port = port.map(|port| match port.parse::<u16>() {
        Ok(number @ 1..) if port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
        _ => Err("the port is no number from 1 to 65535".to_owned()),
    });
    Ok((host, port.transpose()?))
}

/// An `http` URL; its text as written after expansion.
pub(crate) fn read_url(ctx: &Ctx<'_>, item: &Item<'_>) -> Option<String> {
    let text = ctx.expanded(item, Shape::Url)?;
    read_url_text(ctx, item, &text)
}

/// An `http` URL that is a part of a value.
pub(crate) fn read_url_text(ctx: &Ctx<'_>, item: &Item<'_>, text: &str) -> Option<String> {
    let host = match url_host(text) {
        Ok(host) => host,
        Err((code, why)) => {
            let fault = Fault::new(
                code,
                &item.key,
                item.span.clone(),
                format!("`{}` is no usable URL: {why}", item.key),
            )
            .found(item.found())
            .allowed(Shape::Url.allowed());
            ctx.error(match code {
                Code::HttpsUnsupported => {
                    fault.help("probe the plain http port on 127.0.0.1, or use a `tcp` probe")
                }
                _ => fault,
            });
            return None;
        }
    };
    warn_about_host(ctx, item, host);
    Some(text.to_owned())
}

fn url_host(text: &str) -> Result<&str, (Code, String)> {
    let bad = |why: &str| (Code::BadUrl, why.to_owned());
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(bad("it does not begin with http://"));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" => {}
        "https" => return Err((Code::HttpsUnsupported, "https is not supported yet".to_owned())),
        _ => return Err(bad("its scheme is not http")),
    }
    if rest.contains(|found: char| found.is_whitespace() || found.is_control()) {
        return Err(bad("it contains a space or a control character"));
    }
    if rest.contains('#') {
        return Err(bad("a part after `#` is never sent"));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(bad("a user name or password in it is not sent"));
    }
    let (host, _) = split_authority(authority).map_err(|why| (Code::BadUrl, why))?;
    Ok(host)
}

/// `host:port`; its text as written after expansion.
pub(crate) fn read_address(ctx: &Ctx<'_>, item: &Item<'_>) -> Option<String> {
    let text = ctx.expanded(item, Shape::Address)?;
    let parsed = split_authority(&text).and_then(|(host, port)| match port {
        Some(_) => Ok(host),
        None => Err("the port is missing".to_owned()),
    });
    match parsed {
        Ok(host) => {
            warn_about_host(ctx, item, host);
            Some(text)
        }
        Err(why) => {
            ctx.error(
                Fault::new(
                    Code::BadAddress,
                    &item.key,
                    item.span.clone(),
                    format!("`{}` is no address: {why}", item.key),
                )
                .found(item.found())
                .allowed(Shape::Address.allowed()),
            );
            None
        }
    }
}

/// Whether a header of a request can be called so (RFC 9110, tokens).
pub(crate) fn is_header_name(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.len() <= 256 && text.bytes().all(token)
}

/// Whether a header can have this value: nothing that ends the line.
pub(crate) fn is_header_value(text: &str) -> bool {
    let visible = |byte: u8| byte == b' ' || byte == b'\t' || byte.is_ascii_graphic();
    text.len() <= 8_192 && text.bytes().all(visible)
}

fn warn_about_host(ctx: &Ctx<'_>, item: &Item<'_>, host: &str) {
    let why = match host {
        _ if host.eq_ignore_ascii_case("localhost") => {
            "Windows tries ::1 first, where a service on 127.0.0.1 does not listen"
        }
        "0.0.0.0" | "::" => "it is an address to listen on; Windows refuses to connect to it",
        _ => return,
    };
    let message = format!("`{}` probes {host}: {why}", item.key);
    ctx.warn(
        Fault::new(Code::ProbeAddress, &item.key, item.span.clone(), message)
            .found(host)
            .allowed("127.0.0.1")
            .help("use 127.0.0.1"),
    );
}
