//! Accounts as `/etc/passwd` and `/etc/group` say.

use crate::engine::Account;

/// Joins the two files. Lines that are not accounts are skipped, as the C library does.
pub(crate) fn parse_accounts(passwd: &str, group: &str) -> Vec<Account> {
    let groups: Vec<(&str, u32, Vec<&str>)> = group.lines().filter_map(parse_group).collect();
    passwd
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, _, home, shell] = fields.as_slice() else {
                return None;
            };
            let gid = gid.parse().ok()?;
            Some(Account {
                name: (*name).to_owned(),
                uid: uid.parse().ok()?,
                gid,
                group: groups
                    .iter()
                    .find(|(_, id, _)| *id == gid)
                    .map(|(name, _, _)| (*name).to_owned()),
                groups: groups
                    .iter()
                    .filter(|(_, _, members)| members.contains(name))
                    .map(|(_, id, _)| *id)
                    .collect(),
                home: (*home).to_owned(),
                shell: (*shell).to_owned(),
            })
        })
        .collect()
}

fn parse_group(line: &str) -> Option<(&str, u32, Vec<&str>)> {
    let mut fields = line.split(':');
    let (name, _, gid) = (fields.next()?, fields.next()?, fields.next()?);
    let members = fields.next().unwrap_or("");
    let members = members.split(',').filter(|name| !name.is_empty()).collect();
    Some((name, gid.parse().ok()?, members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_groups_and_skips_broken_lines() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nbroken\nuser:x:1000:1000::/home/user:/bin/sh\nx:x:nan:1::/:/\n";
        let group = "root:x:0:\nuser:x:1000:\nsudo:x:27:user,other\nbad\n";
        let accounts = parse_accounts(passwd, group);
        let names: Vec<_> = accounts.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["root", "user"]);
        assert_eq!(accounts[1].group.as_deref(), Some("user"));
        assert_eq!(accounts[1].groups, [27]);
        assert!(accounts[0].groups.is_empty());
    }
}
