//! The stable names of everything that can be wrong with a configuration.

/// Declares the codes once: variant, stable text, meaning.
macro_rules! codes {
    ($($variant:ident $text:literal $meaning:literal;)+) => {
        /// What kind of fault a diagnostic reports. A text form never changes its meaning; codes are only added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable text, such as `unknown-key`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// What it means, in a clause.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }
        }
    };
}

codes! {
    Unreadable "unreadable" "the file cannot be read";
    TooLarge "too-large" "the file, or the env_file, is larger than 1 MiB";
    NotUtf8 "not-utf8" "the file is not UTF-8 text";
    Syntax "syntax" "the text is not TOML";
    DuplicateKey "duplicate-key" "a key is written twice; on Windows, variables whose names differ only by case are one";
    UnknownKey "unknown-key" "no such key in this table";
    NotYetSupported "not-yet-supported" "a key or value of the product's contract that this version does not act on yet";
    MissingKey "missing-key" "a key that must be there is not";
    ConflictingKeys "conflicting-keys" "two keys that exclude each other, or one that means nothing beside the other";
    BadType "bad-type" "a value of the wrong TOML type";
    CommandNotArray "command-not-array" "a command written as one text instead of an array of program and arguments";
    EmptyValue "empty-value" "an empty text or array where something must stand";
    BadDuration "bad-duration" "no duration: a text such as \"30s\" or \"1m30s\" is expected";
    BadSize "bad-size" "no size: a text such as \"10MiB\" is expected";
    BadPercent "bad-percent" "no percentage: a text such as \"150%\" is expected";
    BadSamples "bad-samples" "no `N/M`, such as \"3/5\" for three of the last five samples";
    OutOfRange "out-of-range" "a number, duration, size or percentage outside its bounds";
    BadChoice "bad-choice" "a text that is none of the allowed ones";
    TooMany "too-many" "more entries than the limit";
    NoService "no-service" "the file declares no service";
    BadServiceName "bad-service-name" "a name that cannot name a service, its folder and its files";
    DuplicateService "duplicate-service" "two service names that differ only by case: their folders would be one on Windows";
    DuplicatePort "duplicate-port" "two services claim the same port of the same host";
    BadDependency "bad-dependency" "no `NAME` or `NAME:condition` of a service, or a condition that the service never meets";
    UnknownService "unknown-service" "a dependency on a service that the file does not declare";
    DependencyCycle "dependency-cycle" "services that wait for each other, so that none could ever start";
    BadName "bad-name" "a text that cannot be `director.name`, or the name of a probe";
    DuplicateProbe "duplicate-probe" "two probes of a service with one name";
    BadPath "bad-path" "a path that cannot be made absolute";
    SameFolder "same-folder" "data_dir and log_dir are the same folder";
    BadPattern "bad-pattern" "a pattern of files that is no glob";
    BadSchedule "bad-schedule" "no cron expression, or one whose time never comes";
    BadTimeZone "bad-time-zone" "no time zone of that name";
    BadWindow "bad-window" "no `CRON for DURATION` of a maintenance window, or windows that never end";
    BadUrl "bad-url" "no usable http URL";
    HttpsUnsupported "https-unsupported" "an https URL: probes speak plain http";
    BadHeader "bad-header" "a name or a value that no header of a request can have";
    BadStatus "bad-status" "no HTTP status, and no range of them";
    BadAddress "bad-address" "no `host:port`, or no host";
    BadRung "bad-rung" "no rung of a stop ladder";
    WrongSystem "wrong-system" "a setting of the other operating system";
    UndefinedVariable "undefined-variable" "`${NAME}` names an environment variable that is not set";
    BadExpansion "bad-expansion" "`${` without its `}`, or without a name";
    NulCharacter "nul-character" "a NUL character inside a text: no operating system accepts it";
    BadVariableName "bad-variable-name" "a name that no environment variable can bear";
    EnvFileUnreadable "env-file-unreadable" "the env_file cannot be read";
    BadEnvLine "bad-env-line" "a line of the env_file that is not KEY=VALUE";
    ProbeAddress "probe-address" "warning: the probe's host name is slow or unreachable on some systems";
    WithoutEffect "without-effect" "warning: a setting that changes nothing as written";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
