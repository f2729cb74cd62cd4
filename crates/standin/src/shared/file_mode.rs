//! Modes of files as Go writes them.

use crate::engine::FileKind;

/// Go's `FileMode.String()`. What is no file, folder or link is written as a character device: the
/// engine tells pipes, sockets and devices not apart.
pub(crate) fn file_mode(kind: FileKind, mode: u32) -> String {
    let mut text = String::new();
    let other = kind == FileKind::Other;
    let flags = [
        (kind == FileKind::Directory, 'd'),
        (kind == FileKind::Symlink, 'L'),
        (other, 'D'),
        (mode & 0o4000 != 0, 'u'),
        (mode & 0o2000 != 0, 'g'),
        (other, 'c'),
        (mode & 0o1000 != 0, 't'),
    ];
    text.extend(
        flags
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, letter)| letter),
    );
    if text.is_empty() {
        text.push('-');
    }
    for (at, letter) in "rwxrwxrwx".chars().enumerate() {
        let set = mode & (0o400 >> at) != 0;
        text.push(if set { letter } else { '-' });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_as_go_writes_them() {
        for (kind, mode, expected) in [
            (FileKind::File, 0o644, "-rw-r--r--"),
            (FileKind::File, 0o4755, "urwxr-xr-x"),
            (FileKind::File, 0, "----------"),
            (FileKind::Directory, 0o755, "drwxr-xr-x"),
            (FileKind::Directory, 0o1777, "dtrwxrwxrwx"),
            (FileKind::Symlink, 0o777, "Lrwxrwxrwx"),
            (FileKind::Other, 0o666, "Dcrw-rw-rw-"),
        ] {
            assert_eq!(file_mode(kind, mode), expected);
        }
    }
}
