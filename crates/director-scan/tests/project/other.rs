//! Node, .NET and plain programs.

use director_scan::project::{Framework, Word};

use crate::{command, first, folder, found, health};

const SERVER: &str = "const http = require('http');\nconst port = process.env.PORT || 3000;\nhttp.createServer((q, s) => {\n  if (q.url === '/health') {\n    s.end(JSON.stringify({ status: 'healthy' }));\n  }\n}).listen(port);\n";

#[test]
fn node_is_started_without_npm_where_that_is_possible() {
    for (files, expected) in [
        (
            &[
                (
                    "package.json",
                    "{\"scripts\": {\"start\": \"node server.js --fast\"}}",
                ),
                ("server.js", SERVER),
            ][..],
            "(node) server.js --fast",
        ),
        (
            &[
                ("package.json", "{\"main\": \"./lib/web.js\"}"),
                ("lib/web.js", SERVER),
            ],
            "(node) lib/web.js",
        ),
        (
            &[("package.json", "{}"), ("server.js", SERVER)],
            "(node) server.js",
        ),
        (&[("server.js", SERVER)], "(node) server.js"),
        (
            &[
                (
                    "package.json",
                    "{\"scripts\": {\"start\": \"next start -p 3001\"}}",
                ),
                (
                    "node_modules/next/package.json",
                    "{\"bin\": {\"next\": \"./dist/bin/next\"}}",
                ),
                ("node_modules/next/dist/bin/next", ""),
            ],
            "(node) node_modules/next/dist/bin/next start -p 3001",
        ),
        (
            &[(
                "package.json",
                "{\"scripts\": {\"start\": \"NODE_ENV=x node a.js && echo\"}}",
            )],
            "(npm) start",
        ),
        (
            &[("package.json", "{\"scripts\": {\"start\": \"nest start\"}}")],
            "(npm) start",
        ),
    ] {
        let candidate = first(files, false);
        assert_eq!(candidate.framework, Framework::Node);
        assert_eq!(command(&candidate), expected, "{files:?}");
        assert_eq!(
            expected.contains("npm"),
            !candidate.notes.is_empty(),
            "{candidate:?}"
        );
    }
}

#[test]
fn what_only_builds_is_no_node_application() {
    for files in [
        &[
            ("package.json", "{\"scripts\": {\"start\": \"vite\"}}"),
            ("index.js", SERVER),
        ][..],
        &[(
            "package.json",
            "{\"scripts\": {\"start\": \"react-scripts start\"}}",
        )],
        &[
            ("package.json", "{\"main\": \"index.js\"}"),
            ("index.js", "module.exports = 1\n"),
        ],
        &[("package.json", "no json")],
        &[
            ("node_modules/x/package.json", "{}"),
            ("node_modules/x/server.js", SERVER),
        ],
    ] {
        assert!(found(files, false).is_empty(), "{files:?}");
    }
}

#[test]
fn the_port_of_node_comes_from_its_source_and_goes_into_its_environment() {
    let candidate = first(&[("server.js", SERVER)], false);
    assert_eq!(candidate.port.as_ref().map(|port| port.number), Some(3000));
    assert!(candidate.env.contains(&("PORT".to_owned(), Word::Port)));
    assert_eq!(health(&candidate), "/health status");
    let fixed = "require('express')().listen(4000, () => {});\n";
    let candidate = first(&[("server.js", fixed)], false);
    assert_eq!(candidate.port.as_ref().map(|port| port.number), Some(4000));
    assert!(!candidate.env.iter().any(|(name, _)| name == "PORT"));
    let variable = [("server.js", SERVER), (".env", "PORT=3100")];
    assert_eq!(first(&variable, false).port.map(|port| port.number), Some(3100));
    let hidden = first(&[("server.js", "app.listen(config.port)\n")], false);
    assert_eq!(hidden.port, None, "no port is known, so none is invented");
}

#[test]
fn dotnet_is_started_by_what_was_published() {
    let web = "{\"runtimeOptions\": {\"framework\": {\"name\": \"Microsoft.AspNetCore.App\"}}}";
    let plain = "{\"runtimeOptions\": {\"framework\": {\"name\": \"Microsoft.NETCore.App\"}}}";
    let both = [
        ("publish/Hub.dll", ""),
        ("publish/Hub.exe", ""),
        ("publish/Hub.runtimeconfig.json", web),
    ];
    let candidate = first(&both, true);
    assert_eq!(
        (candidate.framework, candidate.cwd.as_str()),
        (Framework::DotNet, "publish")
    );
    assert_eq!(command(&candidate), "publish/Hub.exe");
    assert_eq!(candidate.env[0].1.with(5000), "http://0.0.0.0:5000");
    // The host of the other system is none.
    assert_eq!(command(&first(&both, false)), "(dotnet) Hub.dll");
    let candidate = first(&[("Hub.dll", ""), ("Hub.runtimeconfig.json", plain)], true);
    assert_eq!(
        (command(&candidate).as_str(), candidate.port),
        ("(dotnet) Hub.dll", None)
    );
    // The published one goes before those that were only built, and they are the same application.
    let built = [
        ("bin/Release/net8.0/Hub.dll", ""),
        ("bin/Release/net8.0/Hub.runtimeconfig.json", web),
        ("bin/Release/net8.0/publish/Hub.dll", ""),
        ("bin/Release/net8.0/publish/Hub.runtimeconfig.json", web),
        ("Hub.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\">"),
        (
            "Properties/launchSettings.json",
            "{\"applicationUrl\": \"https://localhost:7001;http://localhost:5123\"}",
        ),
        ("Program.cs", "app.MapHealthChecks(\"/healthz\");\n"),
    ];
    let all = found(&built, true);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].cwd, "bin/Release/net8.0/publish");
    assert_eq!(all[0].port.as_ref().map(|port| port.number), Some(5123));
    assert_eq!(health(&all[0]), "/healthz nothing");
}

#[test]
fn a_dotnet_project_without_output_says_how_it_is_made() {
    let candidate = first(
        &[("src/Hub.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\">")],
        true,
    );
    assert_eq!(command(&candidate), "src/publish/Hub.exe");
    assert!(
        candidate.notes[0].contains("dotnet publish src/Hub.csproj"),
        "{candidate:?}"
    );
    assert!(found(&[("Lib.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\">")], true).is_empty());
}

#[test]
fn a_plain_program_is_known_by_what_it_begins_with() {
    let files = [
        ("hub.exe", "MZ..."),
        ("unins000.exe", "MZ"),
        ("fake.exe", "text"),
        ("lib.dll", "MZ"),
    ];
    let all = found(&files, true);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (all[0].framework, command(&all[0]).as_str()),
        (Framework::Program, "hub.exe")
    );
    assert!(found(&files, false).is_empty());
    let elf = "\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0";
    let all = found(
        &[("bin/hub", elf), ("bin/libhub.so", elf), ("notes", "text")],
        false,
    );
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(command(&all[0]), "bin/hub");
}

#[test]
fn of_several_applications_the_likeliest_comes_first() {
    let fastapi = "from fastapi import FastAPI\napp = FastAPI()\n";
    let files = [
        ("backend/main.py", fastapi),
        ("frontend/package.json", "{\"scripts\":{\"start\":\"node s.js\"}}"),
        ("frontend/s.js", SERVER),
    ];
    let kinds: Vec<Framework> = found(&files, false).iter().map(|one| one.framework).collect();
    assert_eq!(kinds, [Framework::FastApi, Framework::Node]);
    let two = [
        ("admin.py", fastapi),
        ("site.py", fastapi),
        ("run.sh", "uvicorn site:app\n"),
    ];
    let all = found(&two, false);
    assert_eq!(
        all[0].target.as_deref(),
        Some("site:app"),
        "a script starts it: {all:?}"
    );
    assert_eq!(all.len(), 2);
}

#[test]
fn the_same_folder_always_gives_the_same_answer() {
    let place = folder(&[
        ("a.py", "from flask import Flask\napp = Flask('a')\n"),
        ("b.py", "from flask import Flask\napp = Flask('b')\n"),
    ]);
    let once = director_scan::project::detect(place.path(), false);
    for _ in 0..5 {
        assert_eq!(director_scan::project::detect(place.path(), false), once);
    }
}
