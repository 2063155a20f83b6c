use super::*;

const NPM: &str = "@ECHO off\r\nGOTO start\r\n:find_dp0\r\nSET dp0=%~dp0\r\nEXIT /b\r\n:start\r\nSETLOCAL\r\nCALL :find_dp0\r\n\r\n\
IF EXIST \"%dp0%\\node.exe\" (\r\n  SET \"_prog=%dp0%\\node.exe\"\r\n) ELSE (\r\n  SET \"_prog=node\"\r\n  SET PATHEXT=%PATHEXT:;.JS;=;%\r\n)\r\n\r\n\
endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & \"%_prog%\"  \"%dp0%\\node_modules\\pm2\\bin\\pm2\" %*\r\n";

const PNPM: &str = "@SETLOCAL\r\n@IF EXIST \"%~dp0\\node.exe\" (\r\n  \"%~dp0\\node.exe\"  \"%~dp0\\..\\vite\\bin\\vite.js\" %*\r\n) ELSE (\r\n\
  @SET PATHEXT=%PATHEXT:;.JS;=;%\r\n  node  \"%~dp0\\..\\vite\\bin\\vite.js\" %*\r\n)\r\n";

const NPM_ITSELF: &str = "@ECHO OFF\r\nSETLOCAL\r\nSET \"NODE_EXE=%~dp0\\node.exe\"\r\nIF NOT EXIST \"%NODE_EXE%\" (\r\n  SET \"NODE_EXE=node\"\r\n)\r\n\
SET \"NPM_CLI_JS=%~dp0\\node_modules\\npm\\bin\\npm-cli.js\"\r\n\"%NODE_EXE%\" \"%NPM_CLI_JS%\" %*\r\n";

fn with<'a>(files: &'a [&'a str]) -> impl Fn(&str) -> bool + 'a {
    move |path| files.contains(&path)
}

fn shim(program: &str, args: &[&str]) -> Option<Shim> {
    Some(Shim {
        program: program.to_owned(),
        args: args.iter().map(ToString::to_string).collect(),
    })
}

#[test]
fn an_npm_shim_is_its_interpreter_and_script() {
    let script = r"C:\npm\node_modules\pm2\bin\pm2";
    assert_eq!(parse(NPM, r"C:\npm\", &with(&[script])), shim("node", &[script]));
    assert_eq!(
        parse(NPM, r"C:\npm", &with(&[script, r"C:\npm\node.exe"])),
        shim(r"C:\npm\node.exe", &[script])
    );
}

#[test]
fn a_pnpm_shim_is_its_interpreter_and_script() {
    let script = r"C:\app\node_modules\vite\bin\vite.js";
    assert_eq!(
        parse(PNPM, r"C:\app\node_modules\.bin", &with(&[script])),
        shim("node", &[script])
    );
    let own = r"C:\app\node_modules\.bin\node.exe";
    assert_eq!(
        parse(PNPM, r"C:\app\node_modules\.bin", &with(&[script, own])),
        shim(own, &[script])
    );
}

#[test]
fn npm_itself_is_its_interpreter_and_script() {
    let script = r"C:\node\node_modules\npm\bin\npm-cli.js";
    let node = r"C:\node\node.exe";
    assert_eq!(
        parse(NPM_ITSELF, r"C:\node", &with(&[script, node])),
        shim(node, &[script])
    );
}

#[test]
fn a_shim_of_an_exe_is_the_exe() {
    let text = "@ECHO off\r\nSETLOCAL\r\nCALL :find_dp0\r\n\"%dp0%\\..\\esbuild\\esbuild.exe\"   %*\r\n";
    let exe = r"C:\a\esbuild\esbuild.exe";
    assert_eq!(parse(text, r"C:\a\.bin", &with(&[exe])), shim(exe, &[]));
}

#[test]
fn options_of_the_interpreter_are_kept() {
    let text = "@\"%~dp0\\node.exe\" --max-old-space-size=4096 \"%~dp0\\x.js\" %*";
    let files = [r"C:\a\node.exe", r"C:\a\x.js"];
    assert_eq!(
        parse(text, r"C:\a", &with(&files)),
        shim(files[0], &["--max-old-space-size=4096", files[1]])
    );
}

#[test]
fn a_shim_whose_script_is_gone_is_left_alone() {
    assert_eq!(parse(NPM, r"C:\npm", &with(&[])), None);
    assert_eq!(parse(PNPM, r"C:\npm", &with(&[])), None);
}

#[test]
fn an_ordinary_batch_file_is_left_alone() {
    for text in [
        "",
        "@echo off\r\npython app.py\r\n",
        "@echo off\r\nset MODE=prod\r\npython app.py %*\r\n",
        "cd /d %~dp0\r\n\"%~dp0\\x.exe\" %*\r\n",
        "set X=1\r\ncall \"%JAVA_HOME%\\bin\\java\" %*",
        "\"unclosed %*",
        "\"%~dp0\\x.exe\" \"%1\" %*",
        "%*",
    ] {
        assert_eq!(parse(text, r"C:\a", &|_| true), None, "{text}");
    }
}
