//! The fields of every message, by number (contract 3.2, 3.3).

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Bytes,
    Bool,
    Uint32,
    /// Zigzag.
    Sint32,
    Int64,
    /// Names and numbers.
    Enum(&'static [(&'static str, u32)]),
    Message(&'static Schema),
    /// `map<string, string>`.
    Map,
    /// `google.protobuf.Timestamp`.
    Timestamp,
}

/// One field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// Its JSON name.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) repeated: bool,
    /// Whether it belongs to the message's only `oneof`.
    pub(super) one_of: bool,
}

/// A message.
pub(super) type Schema = [Field];

/// The messages of a method: request and answer.
pub(super) type Messages = (&'static Schema, &'static Schema);

const fn field(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        number,
        name,
        kind,
        repeated: false,
        one_of: false,
    }
}

const fn repeated(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        repeated: true,
        ..field(number, name, kind)
    }
}

const fn one_of(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        one_of: true,
        ..field(number, name, kind)
    }
}

use Kind::{Bool, Bytes, Enum, Int64, Map, Message, Sint32, Text, Timestamp, Uint32};

const EMPTY: &Schema = &[];
const PTY_SIZE: &Schema = &[field(1, "cols", Uint32), field(2, "rows", Uint32)];
const PTY: &Schema = &[field(1, "size", Message(PTY_SIZE))];
const CONFIG: &Schema = &[
    field(1, "cmd", Text),
    repeated(2, "args", Text),
    field(3, "envs", Map),
    field(4, "cwd", Text),
];
const SELECTOR: &Schema = &[one_of(1, "pid", Uint32), one_of(2, "tag", Text)];
const INPUT: &Schema = &[one_of(1, "stdin", Bytes), one_of(2, "pty", Bytes)];
const INFO: &Schema = &[
    field(1, "config", Message(CONFIG)),
    field(2, "pid", Uint32),
    field(3, "tag", Text),
];
const LIST: &Schema = &[repeated(1, "processes", Message(INFO))];
const START: &Schema = &[
    field(1, "process", Message(CONFIG)),
    field(2, "pty", Message(PTY)),
    field(3, "tag", Text),
    field(4, "stdin", Bool),
];
const SELECT: &Schema = &[field(1, "process", Message(SELECTOR))];
const STARTED: &Schema = &[field(1, "pid", Uint32)];
const DATA: &Schema = &[
    one_of(1, "stdout", Bytes),
    one_of(2, "stderr", Bytes),
    one_of(3, "pty", Bytes),
];
const END: &Schema = &[
    field(1, "exitCode", Sint32),
    field(2, "exited", Bool),
    field(3, "status", Text),
    field(4, "error", Text),
];
const EVENT: &Schema = &[
    one_of(1, "start", Message(STARTED)),
    one_of(2, "data", Message(DATA)),
    one_of(3, "end", Message(END)),
    one_of(4, "keepalive", Message(EMPTY)),
];
const EVENTS: &Schema = &[field(1, "event", Message(EVENT))];
const UPDATE: &Schema = &[
    field(1, "process", Message(SELECTOR)),
    field(2, "pty", Message(PTY)),
];
const SEND_INPUT: &Schema = &[
    field(1, "process", Message(SELECTOR)),
    field(2, "input", Message(INPUT)),
];
const STREAM_DATA: &Schema = &[field(2, "input", Message(INPUT))];
const STREAM_INPUT: &Schema = &[
    one_of(1, "start", Message(SELECT)),
    one_of(2, "data", Message(STREAM_DATA)),
    one_of(3, "keepalive", Message(EMPTY)),
];
const SIGNALS: &[(&str, u32)] = &[
    ("SIGNAL_UNSPECIFIED", 0),
    ("SIGNAL_SIGTERM", 15),
    ("SIGNAL_SIGKILL", 9),
];
const SEND_SIGNAL: &Schema = &[
    field(1, "process", Message(SELECTOR)),
    field(2, "signal", Enum(SIGNALS)),
];

const FILE_TYPES: &[(&str, u32)] = &[
    ("FILE_TYPE_UNSPECIFIED", 0),
    ("FILE_TYPE_FILE", 1),
    ("FILE_TYPE_DIRECTORY", 2),
    ("FILE_TYPE_SYMLINK", 3),
];
const ENTRY_INFO: &Schema = &[
    field(1, "name", Text),
    field(2, "type", Enum(FILE_TYPES)),
    field(3, "path", Text),
    field(4, "size", Int64),
    field(5, "mode", Uint32),
    field(6, "permissions", Text),
    field(7, "owner", Text),
    field(8, "group", Text),
    field(9, "modifiedTime", Timestamp),
    field(10, "symlinkTarget", Text),
    field(11, "metadata", Map),
    field(12, "isSymlink", Bool),
];
const PATH: &Schema = &[field(1, "path", Text)];
const ENTRY: &Schema = &[field(1, "entry", Message(ENTRY_INFO))];
const ENTRIES: &Schema = &[repeated(1, "entries", Message(ENTRY_INFO))];
const MOVE: &Schema = &[field(1, "source", Text), field(2, "destination", Text)];
const LIST_DIR: &Schema = &[field(1, "path", Text), field(2, "depth", Uint32)];
const WATCH: &Schema = &[
    field(1, "path", Text),
    field(2, "recursive", Bool),
    field(3, "includeEntry", Bool),
    field(4, "allowNetworkMounts", Bool),
];
const EVENT_TYPES: &[(&str, u32)] = &[
    ("EVENT_TYPE_UNSPECIFIED", 0),
    ("EVENT_TYPE_CREATE", 1),
    ("EVENT_TYPE_WRITE", 2),
    ("EVENT_TYPE_REMOVE", 3),
    ("EVENT_TYPE_RENAME", 4),
    ("EVENT_TYPE_CHMOD", 5),
];
const FILE_EVENT: &Schema = &[
    field(1, "name", Text),
    field(2, "type", Enum(EVENT_TYPES)),
    field(3, "entry", Message(ENTRY_INFO)),
];
const WATCHED: &Schema = &[
    one_of(1, "start", Message(EMPTY)),
    one_of(2, "filesystem", Message(FILE_EVENT)),
    one_of(3, "keepalive", Message(EMPTY)),
];
const WATCHER: &Schema = &[field(1, "watcherId", Text)];
const FILE_EVENTS: &Schema = &[repeated(1, "events", Message(FILE_EVENT))];

/// The messages of the method at a path; empty ones when there is none.
pub(super) fn of(path: &str) -> Messages {
    match path {
        "/process.Process/List" => (EMPTY, LIST),
        "/process.Process/Start" => (START, EVENTS),
        "/process.Process/Connect" => (SELECT, EVENTS),
        "/process.Process/Update" => (UPDATE, EMPTY),
        "/process.Process/StreamInput" => (STREAM_INPUT, EMPTY),
        "/process.Process/SendInput" => (SEND_INPUT, EMPTY),
        "/process.Process/SendSignal" => (SEND_SIGNAL, EMPTY),
        "/process.Process/CloseStdin" => (SELECT, EMPTY),
        "/filesystem.Filesystem/Stat" | "/filesystem.Filesystem/MakeDir" => (PATH, ENTRY),
        "/filesystem.Filesystem/Move" => (MOVE, ENTRY),
        "/filesystem.Filesystem/ListDir" => (LIST_DIR, ENTRIES),
        "/filesystem.Filesystem/Remove" => (PATH, EMPTY),
        "/filesystem.Filesystem/WatchDir" => (WATCH, WATCHED),
        "/filesystem.Filesystem/CreateWatcher" => (WATCH, WATCHER),
        "/filesystem.Filesystem/GetWatcherEvents" => (WATCHER, FILE_EVENTS),
        "/filesystem.Filesystem/RemoveWatcher" => (WATCHER, EMPTY),
        _ => (EMPTY, EMPTY),
    }
}
