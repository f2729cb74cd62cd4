# Says what is in this image, one fact a line: aspect, name and value with tabs between them. Run by
# `cutover audit --image` as root inside a container of the image, without a network. Needs a shell
# alone; what an image has not is passed over.
exec 2>/dev/null
export LC_ALL=C
has() { command -v "$1" >/dev/null 2>&1; }
tell() { # ASPECT: names and values of the standard input, with a tab between them
    while IFS= read -r line; do printf '%s\t%s\n' "$1" "$line"; done
}

if has dpkg-query; then
    dpkg-query --show --showformat='${db:Status-Abbrev}\t${Package}\t${Version}\n' 2>/dev/null |
        while IFS='	' read -r status name version; do
            case $status in ii*) printf 'package apt\t%s\t%s\n' "$name" "$version" ;; esac
        done
fi
if has apk; then
    apk info --verbose 2>/dev/null | while IFS= read -r full; do
        name=${full%-*-*}
        printf 'package apk\t%s\t%s\n' "$name" "${full#"$name"-}"
    done
fi
if has rpm; then
    rpm --query --all --queryformat '%{NAME}\t%{VERSION}-%{RELEASE}\n' 2>/dev/null | tell 'package rpm'
fi

# By their folders, so that every environment counts, with a pip of its own or none.
if has find; then
    find / -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune -o \
        -type d \( -name '*.dist-info' -o -name '*.egg-info' \) -print 2>/dev/null |
        while IFS= read -r folder; do
            full=${folder##*/}
            full=${full%.*-info}
            case $full in *-*) printf 'package python in %s\t%s\t%s\n' "${folder%/*}" "${full%%-*}" "${full#*-}" ;; esac
        done
    find / -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune -o \
        -path '*/lib/node_modules/*' -name package.json -print 2>/dev/null |
        while IFS= read -r file; do
            name=${file##*/lib/node_modules/}
            name=${name%/package.json}
            # A package's own packages belong to it; only a scope has a slash in its name.
            case $name in @*/*/* | [!@]*/*) continue ;; esac
            version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$file" 2>/dev/null | head -n 1)
            printf 'package npm\t%s\t%s\n' "$name" "$version"
        done
fi

while IFS=: read -r name _ uid gid _ home shell; do
    printf 'account\t%s\tuser %s, group %s, home %s, shell %s\n' "$name" "$uid" "$gid" "$home" "$shell"
done </etc/passwd
while IFS=: read -r name _ gid members; do
    [ -z "$members" ] || printf 'group\t%s\t%s: %s\n' "$name" "$gid" "$members"
done </etc/group

# What a login shell of `user`, or of root where there is none, has on its PATH.
account=root
if has su && grep -q '^user:' /etc/passwd 2>/dev/null; then account=user; fi
login() {
    case $account in
        root) env -i HOME=/root USER=root PATH="$PATH" "${1:-sh}" -l -c "$2" </dev/null 2>/dev/null ;;
        *) su -s "$(command -v "${1:-sh}")" - user -c "$2" </dev/null 2>/dev/null ;;
    esac
}
shell=sh
if has bash; then shell=bash; fi
login "$shell" env | while IFS= read -r line; do
    case $line in
        _=* | PWD=* | OLDPWD=* | SHLVL=* | *=*' '* | [!A-Za-z_]* | [A-Za-z_]*[!A-Za-z0-9_]*=*) [ "${line#*=}" != "$line" ] || continue ;;
    esac
    name=${line%%=*}
    case $name in _ | PWD | OLDPWD | SHLVL | *[!A-Za-z0-9_]*) continue ;; esac
    printf 'variable of a login shell\t%s\t%s\n' "$name" "${line#*=}"
done
path=$(login "$shell" 'printf "%s\n" "$PATH"' | tail -n 1)
printf '%s\n' "${path:-$PATH}" | tr ':' '\n' | while IFS= read -r folder; do
    [ -d "$folder" ] || continue
    for program in "$folder"/*; do
        [ -f "$program" ] && [ -x "$program" ] || continue
        printf 'program\t%s\t%s\n' "${program##*/}" "$folder"
    done
done
for program in bash curl gcc gh git go java jq make node npm openssl perl pip playwright pnpm prisma psql \
    python python3 ruby rustc ssh uv wget yarn; do
    case $program in ssh) ask=-V ;; openssl | go) ask=version ;; *) ask=--version ;; esac
    said=$(login "$shell" "command -v $program >/dev/null && timeout 20 $program $ask 2>&1 | head -n 1" | tail -n 1)
    [ -z "$said" ] || printf 'version\t%s\t%s\n' "$program" "$said"
done
printf 'survey\tdone\t1\n'
