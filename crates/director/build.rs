//! How the executable is linked.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "windows" {
        // Sections that lie in the file as they lie in memory can be mapped page by page as they are needed. A loader that
        // meets the usual 512 bytes instead (Wine's) reads the whole executable into memory of this process.
        let argument = match target("ENV").as_str() {
            "msvc" => "/FILEALIGN:4096",
            _ => "-Wl,--file-alignment=4096",
        };
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
