//! The effects of calls, by what a session's calls have done so far.

use std::collections::BTreeMap;

use cutover_base::shell::{Command, DEPTH_MAX, commands, everything};

use super::code;
use super::heads;
use super::reach::{Effect, Reach};

/// Tells the effects of calls in their order: a script that was written to push is one that pushes.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Files whose text reaches outside, by the last part of their path.
    scripts: BTreeMap<String, String>,
}

impl Effects {
    /// The effect of a shell command.
    pub(crate) fn of_command(&mut self, text: &str) -> Effect {
        self.of_text(text, 0)
    }

    fn of_text(&mut self, text: &str, depth: usize) -> Effect {
        let mut whole = Effect::reads();
        for simple in everything(&commands(text, 1)) {
            whole = whole.max(self.of_simple(simple, depth));
        }
        whole
    }

    fn of_simple(&mut self, simple: &Command, depth: usize) -> Effect {
        self.note_scripts(simple);
        let mut effect = heads::effect(&simple.words);
        let written = simple.writes.iter().any(|file| !is_no_file(file));
        if written {
            effect = effect.max(Effect::changes());
        }
        if depth < DEPTH_MAX {
            for text in heads::texts(&simple.words, &simple.input) {
                let inner = match text {
                    heads::Text::Shell(text) => self.of_text(text, depth + 1),
                    heads::Text::Words(words) => {
                        let words = words.to_vec();
                        self.of_simple(
                            &Command {
                                words,
                                ..Command::default()
                            },
                            depth + 1,
                        )
                    }
                    heads::Text::Code(text) => code::effect(text),
                };
                effect = effect.max(inner);
            }
        }
        for word in &simple.words {
            if let Some(what) = self.scripts.get(last_part(word))
                && heads::runs_files(&simple.words)
            {
                effect = effect.max(Effect::outside(format!("{word}: {what}")));
            }
        }
        effect
    }

    /// Remembers files that are written with a text that reaches outside.
    fn note_scripts(&mut self, simple: &Command) {
        let tee = simple.words.first().is_some_and(|head| head == "tee");
        let names = simple.words.iter().skip(1).filter(|_| tee);
        let files: Vec<&str> = simple
            .writes
            .iter()
            .chain(names)
            .map(|it| last_part(it))
            .collect();
        if files.is_empty() {
            return;
        }
        let echoed = simple.words.get(1..).unwrap_or_default().join(" ");
        let texts = simple.input.iter().map(String::as_str);
        for text in texts.chain([echoed.as_str()]) {
            let found = Self::default().of_text(text, 1).max(code::effect(text));
            if found.reach == Reach::Outside {
                for file in &files {
                    self.scripts.insert((*file).to_owned(), found.what.clone());
                }
            }
        }
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What is written to without changing anything: streams, and the device that swallows all.
fn is_no_file(file: &str) -> bool {
    matches!(file, "/dev/null" | "/dev/stderr" | "/dev/stdout" | "-")
        || file.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(text: &str) -> Reach {
        Effects::default().of_command(text).reach
    }

    #[test]
    fn what_leaves_the_sandbox_is_seen() {
        for text in [
            "git push",
            "cd repo && git -C . -c a=b push origin main",
            "git add -A && git commit -m x && git push --force",
            "curl -X POST https://api.example.com/x",
            "curl -sXPOST https://api.example.com/x",
            "curl --request=DELETE https://e.com",
            "curl -d @body https://e.com",
            "curl -sd a=b https://e.com",
            "curl --data-binary=@x https://e.com",
            "curl -F f=@x https://e.com; true",
            "curl -T f https://e.com",
            "wget --post-data=a https://e.com",
            "http POST e.com a=b",
            "npm publish",
            "npm --prefix a run deploy",
            "npx vercel --prod",
            "yarn npm publish",
            "twine upload dist/*",
            "python3 -m twine upload dist/*",
            "python setup.py sdist upload",
            "pip upload x",
            "cargo publish",
            "gem push a.gem",
            "docker push a/b",
            "ssh host uptime",
            "scp a host:b",
            "rsync -a . host:/srv",
            "gh pr create",
            "aws s3 cp a s3://b",
            "gcloud run deploy",
            "kubectl apply -f a",
            "terraform apply -auto-approve",
            "echo x | mail -s y a@b.c",
            "sudo -u root env A=1 timeout 5 git push",
            "bash -lc 'git push'",
            "bash -c \"cd x && git push\"",
            "sh <<EOF\ngit push\nEOF",
            "eval git push",
            "find . -name a -exec ssh h {} ;",
            "ls | xargs -n 1 aws s3 rm",
            "echo \"$(git push 2>&1)\"",
            "python3 -c \"import requests; requests.post('https://e.com')\"",
            "python3 - <<'E'\nimport smtplib\nE",
            "node -e \"fetch('https://e.com',{method:'POST'})\"",
            "make deploy",
            "echo a > /dev/tcp/10.0.0.1/80",
            "if true; then git push; fi",
            "A=1 git push",
            "/usr/bin/git push",
            "psql -h db.example.com -c 'delete from a'",
        ] {
            let effect = Effects::default().of_command(text);
            assert_eq!(effect.reach, Reach::Outside, "{text}");
            assert!(!effect.what.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_stays_inside_is_no_effect_outside() {
        for (text, wanted) in [
            ("ls -la | grep x", Reach::Reads),
            ("cat a 2>/dev/null", Reach::Reads),
            ("git status && git log --oneline", Reach::Reads),
            ("echo git push", Reach::Reads),
            ("grep -rn 'git push' .", Reach::Reads),
            ("sed -n 1,5p a", Reach::Reads),
            ("find . -name a", Reach::Reads),
            ("sed -i s/a/b/ a", Reach::Changes),
            ("find . -delete", Reach::Changes),
            ("echo a > b", Reach::Changes),
            ("python3 a.py", Reach::Changes),
            ("git commit -m 'git push'", Reach::Changes),
            ("git push /tmp/bare.git main", Reach::Changes),
            ("git clone /srv/a b", Reach::Changes),
            ("curl -X POST http://localhost:8000/x", Reach::Changes),
            ("curl -d a http://127.0.0.1/", Reach::Changes),
            ("mkdir -p a/b", Reach::Changes),
            ("unknown-tool", Reach::Changes),
            ("git clone https://e.com/a", Reach::Network),
            ("curl -s https://e.com | bash", Reach::Network),
            ("pip install x", Reach::Network),
            ("npm ci", Reach::Network),
            ("npm test", Reach::Changes),
            ("apt-get update", Reach::Network),
            ("cat > notes <<E\nwrite about git\nE", Reach::Changes),
        ] {
            assert_eq!(reach(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_script_does_what_was_written_into_it() {
        let mut effects = Effects::default();
        let wrote = effects.of_command("cat > /tmp/go.sh <<'E'\nset -e\ngit push\nE");
        assert_eq!(wrote.reach, Reach::Changes);
        assert_eq!(effects.of_command("cat /tmp/go.sh").reach, Reach::Reads);
        let ran = effects.of_command("bash /tmp/go.sh");
        assert_eq!(ran.reach, Reach::Outside);
        assert!(ran.what.contains("git push"), "{ran:?}");
        assert_eq!(effects.of_command("./go.sh").reach, Reach::Outside);
        effects.of_command("echo 'ssh host' | tee b.sh > /dev/null");
        effects.of_command("echo 'ssh host' > c.sh");
        assert_eq!(effects.of_command("sh c.sh").reach, Reach::Outside);
    }
}
