//! The vocabulary of Django's object-relational mapper.

/// What calling a method of a manager or queryset does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Makes another queryset and asks nobody.
    Lazy,
    /// A queryset that is empty and never asks anybody.
    Empty,
    /// Asks the database.
    Reads,
    /// Asks for one row.
    ReadsRow,
    /// Writes.
    Writes,
    /// Django has no such method.
    Custom,
}

pub(super) fn effect(method: &str) -> Effect {
    match (plain_effect(method), method.strip_prefix('a').map(plain_effect)) {
        // `aget` is `get` for coroutines, and so on.
        (Effect::Custom, Some(asks @ (Effect::Reads | Effect::ReadsRow | Effect::Writes))) => asks,
        (effect, _) => effect,
    }
}

fn plain_effect(method: &str) -> Effect {
    match method {
        "all" | "filter" | "exclude" | "annotate" | "alias" | "order_by" | "reverse" | "distinct"
        | "values" | "values_list" | "dates" | "datetimes" | "union" | "intersection" | "difference"
        | "select_related" | "prefetch_related" | "extra" | "defer" | "only" | "using"
        | "select_for_update" | "raw" | "iterator" | "aiterator" | "complex_filter" | "get_queryset"
        | "db_manager" => Effect::Lazy,
        "none" => Effect::Empty,
        "count" | "exists" | "aggregate" | "in_bulk" | "contains" | "explain" => Effect::Reads,
        "get" | "first" | "last" | "latest" | "earliest" | "get_by_natural_key" => Effect::ReadsRow,
        "create" | "get_or_create" | "update_or_create" | "bulk_create" | "bulk_update" | "update"
        | "delete" | "create_user" | "create_superuser" => Effect::Writes,
        _ => Effect::Custom,
    }
}

/// Methods of third-party managers that cannot be read, by the way they are named.
pub(super) fn custom_asks(method: &str) -> bool {
    method.starts_with("get_") || method.starts_with("create_") || method.starts_with("delete_")
}

/// The names under which a model has a manager without defining one.
pub(super) fn is_manager_name(name: &str) -> bool {
    matches!(name, "objects" | "_default_manager" | "_base_manager")
}

/// Packages with `Document.objects` or `bucket.objects` of their own, which is no Django database.
pub(super) fn is_other_mapper(dotted: &str) -> bool {
    let root = dotted.split('.').next().unwrap_or(dotted);
    matches!(
        root,
        "mongoengine"
            | "boto3"
            | "botocore"
            | "umongo"
            | "peewee"
            | "builtins"
            | "typing"
            | "enum"
            | "abc"
            | "collections"
            | "dataclasses"
            | "logging"
            | "threading"
            | "unittest"
    )
}

/// Management commands that use the database; those of the project itself are followed instead.
pub(super) fn command_asks(name: &str) -> bool {
    matches!(
        name,
        "migrate"
            | "makemigrations"
            | "showmigrations"
            | "sqlmigrate"
            | "sqlsequencereset"
            | "loaddata"
            | "dumpdata"
            | "flush"
            | "createsuperuser"
            | "changepassword"
            | "createcachetable"
            | "clearsessions"
            | "inspectdb"
            | "optimizemigration"
            | "remove_stale_contenttypes"
            | "dbshell"
    )
}

/// Functions and classes of Django and others that open a connection when they are called.
pub(super) fn opens_connection(dotted: &str) -> bool {
    matches!(
        dotted,
        "sqlite3.connect"
            | "psycopg.connect"
            | "psycopg2.connect"
            | "pymysql.connect"
            | "MySQLdb.connect"
            | "pyodbc.connect"
            | "oracledb.connect"
    )
}

/// Those that run queries inside.
pub(super) fn asks_inside(dotted: &str) -> bool {
    matches!(
        dotted,
        "django.contrib.auth.management.create_permissions"
            | "django.contrib.contenttypes.management.create_contenttypes"
            | "django.contrib.auth.authenticate"
            | "django.shortcuts.get_object_or_404"
            | "django.shortcuts.get_list_or_404"
            | "django.db.migrations.executor.MigrationExecutor"
    ) || dotted.ends_with(".DjangoJobStore")
}
