//! What a sandbox's `/etc` and homes hold: generated for each sandbox, nothing of the host's
//! accounts.

/// A generated file: path, mode, text.
pub(super) struct Generated {
    pub(super) path: &'static str,
    pub(super) mode: u32,
    pub(super) text: String,
}

/// Accounts of a Debian image that programs ask for by name, and `user`.
const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
user:x:1000:1000::/home/user:/bin/bash
";

const GROUP: &str = "\
root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
mail:x:8:
sudo:x:27:
www-data:x:33:
shadow:x:42:
staff:x:50:
users:x:100:
nogroup:x:65534:
user:x:1000:
";

const SHADOW: &str = "\
root:*:19000:0:99999:7:::
daemon:*:19000:0:99999:7:::
nobody:*:19000:0:99999:7:::
user:!:19000:0:99999:7:::
";

/// As Debian's: `PATH` is set whatever the environment had.
const PROFILE: &str = r#"# System-wide profile for login shells.
if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
else
  PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
fi
export PATH
if [ "${PS1-}" ]; then
  if [ "${BASH-}" ] && [ "$BASH" != "/bin/sh" ]; then
    if [ -f /etc/bash.bashrc ]; then
      . /etc/bash.bashrc
    fi
  else
    if [ "$(id -u)" -eq 0 ]; then PS1='# '; else PS1='$ '; fi
  fi
fi
if [ -d /etc/profile.d ]; then
  for i in /etc/profile.d/*.sh; do
    if [ -r $i ]; then
      . $i
    fi
  done
  unset i
fi
"#;

const BASH_BASHRC: &str = r#"# System-wide settings for interactive bash.
[ -z "${PS1-}" ] && return
shopt -s checkwinsize
PS1='\u@\h:\w\$ '
"#;

/// As Debian's: reads `~/.bashrc` and adds the user's own program folders.
const HOME_PROFILE: &str = r#"# Read by login shells.
if [ -n "$BASH_VERSION" ]; then
    if [ -f "$HOME/.bashrc" ]; then
	. "$HOME/.bashrc"
    fi
fi
if [ -d "$HOME/bin" ] ; then
    PATH="$HOME/bin:$PATH"
fi
if [ -d "$HOME/.local/bin" ] ; then
    PATH="$HOME/.local/bin:$PATH"
fi
"#;

const HOME_BASHRC: &str = r"# Read by interactive bash.
case $- in
    *i*) ;;
      *) return;;
esac
HISTCONTROL=ignoreboth
shopt -s histappend checkwinsize
PS1='\u@\h:\w\$ '
alias ls='ls --color=auto'
";

const BASH_LOGOUT: &str = "# Read when a login shell ends.\n";

const NSSWITCH: &str = "\
passwd:         files
group:          files
shadow:         files
hosts:          files dns
networks:       files
protocols:      files
services:       files
";

const SHELLS: &str = "\
# /etc/shells: valid login shells
/bin/sh
/usr/bin/sh
/bin/bash
/usr/bin/bash
";

/// Files of `/etc`; `resolv_conf` is the host's when its network is shared.
pub(super) fn system_files(hostname: &str, resolv_conf: String) -> Vec<Generated> {
    let hosts = format!(
        "127.0.0.1\tlocalhost\n127.0.1.1\t{hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    );
    [
        ("etc/passwd", 0o644, PASSWD.to_owned()),
        ("etc/group", 0o644, GROUP.to_owned()),
        ("etc/shadow", 0o640, SHADOW.to_owned()),
        ("etc/hostname", 0o644, format!("{hostname}\n")),
        ("etc/hosts", 0o644, hosts),
        ("etc/resolv.conf", 0o644, resolv_conf),
        ("etc/nsswitch.conf", 0o644, NSSWITCH.to_owned()),
        ("etc/profile", 0o644, PROFILE.to_owned()),
        ("etc/bash.bashrc", 0o644, BASH_BASHRC.to_owned()),
        ("etc/shells", 0o644, SHELLS.to_owned()),
        ("etc/environment", 0o644, String::new()),
        ("root/.profile", 0o644, HOME_PROFILE.to_owned()),
        ("root/.bashrc", 0o644, HOME_BASHRC.to_owned()),
    ]
    .map(generated)
    .into()
}

/// Files that belong to `user`.
pub(super) fn user_files() -> Vec<Generated> {
    [
        ("home/user/.profile", 0o644, HOME_PROFILE.to_owned()),
        ("home/user/.bashrc", 0o644, HOME_BASHRC.to_owned()),
        ("home/user/.bash_logout", 0o644, BASH_LOGOUT.to_owned()),
    ]
    .map(generated)
    .into()
}

/// What is taken read-only from the host's `/etc` where it is there: facts about its `/usr`,
/// nothing about its people.
pub(super) const FROM_HOST: [&str; 26] = [
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "debian_version",
    "fonts",
    "inputrc",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "lsb-release",
    "magic",
    "magic.mime",
    "mime.types",
    "os-release",
    "perl",
    "pki",
    "protocols",
    "python3",
    "services",
    "ssl",
    "terminfo",
    "timezone",
];

fn generated((path, mode, text): (&'static str, u32, String)) -> Generated {
    Generated { path, mode, text }
}
