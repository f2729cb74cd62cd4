//! From characters to simple commands.

use super::command::Command;

/// How deep commands are looked for in commands (`bash -c "$(...)"`); deeper ones are not read.
pub const DEPTH_MAX: usize = 8;

/// Simple commands of one text: a longer one is no command that anybody types.
pub(super) const COMMANDS_MAX: usize = 4096;

/// The simple commands of a text whose first line has this number.
pub fn commands(text: &str, first_line: usize) -> Vec<Command> {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader::new(first_line, 0);
    reader.read(&chars);
    reader.done
}

#[derive(Default)]
struct Reader {
    first_line: usize,
    depth: usize,
    /// Newlines before this place.
    counted: (usize, usize),
    done: Vec<Command>,
    now: Command,
    word: Option<String>,
    /// What the next word is for.
    next: Next,
    /// Here-documents whose bodies begin behind this line.
    waiting: Vec<Heredoc>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Next {
    #[default]
    Word,
    Written,
    Read,
    HereText,
    HereEnd,
    /// The same, with tabs before the end.
    HereEndTabs,
}

/// Where in `done` its command will stand, what ends it, and whether substitutions in it are run.
struct Heredoc {
    command: usize,
    end: String,
    runs: bool,
    tabs: bool,
}

impl Reader {
    fn new(first_line: usize, depth: usize) -> Self {
        Self {
            first_line,
            depth,
            now: Command {
                line: first_line,
                ..Command::default()
            },
            ..Self::default()
        }
    }

    fn read(&mut self, chars: &[char]) {
        if self.depth > DEPTH_MAX {
            return;
        }
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            if self.done.len() > COMMANDS_MAX {
                return;
            }
            if self.is_before_first_word() && !c.is_whitespace() {
                self.now.line = self.line(chars, at);
            }
            at = self.step(chars, at, c);
        }
        self.end_command(false);
    }

    fn is_before_first_word(&self) -> bool {
        self.word.is_none() && self.now.words.is_empty() && self.now.inner.is_empty()
    }

    /// The line of a place, which is never before one that was asked for.
    fn line(&mut self, chars: &[char], at: usize) -> usize {
        let (until, newlines) = self.counted;
        let at = at.min(chars.len());
        let more = chars.get(until..at).unwrap_or_default();
        let newlines = newlines + more.iter().filter(|c| **c == '\n').count();
        self.counted = (at.max(until), newlines);
        self.first_line + newlines
    }

    /// Reads what begins at a place, and gives the place behind it.
    fn step(&mut self, chars: &[char], at: usize, c: char) -> usize {
        match c {
            '\\' => {
                match chars.get(at + 1) {
                    None | Some('\n') => {}
                    Some(next) => self.add(*next),
                }
                at + 2
            }
            '\'' => {
                let end = find(chars, at + 1, '\'');
                self.add_all(&chars[at + 1..end]);
                end + 1
            }
            '"' => self.quoted(chars, at + 1),
            '`' => self.backquoted(chars, at + 1),
            '$' if chars.get(at + 1) == Some(&'(') => self.substitution(chars, at + 2),
            '#' if self.word.is_none() => find(chars, at, '\n'),
            '<' | '>' if chars.get(at + 1) == Some(&'(') => self.substitution(chars, at + 2),
            '<' | '>' => self.redirect(chars, at),
            '&' if chars.get(at + 1) == Some(&'>') => self.redirect(chars, at + 1),
            '\n' => {
                self.end_command(false);
                self.bodies(chars, at + 1)
            }
            '|' => {
                let length = match chars.get(at + 1) {
                    Some('|' | '&') => 2,
                    _ => 1,
                };
                self.end_command(chars.get(at + 1) != Some(&'|'));
                at + length
            }
            ';' | '&' | '(' | ')' => {
                self.end_command(false);
                at + 1
            }
            '{' | '}' if self.word.is_none() && is_alone(chars, at) => {
                self.end_command(false);
                at + 1
            }
            c if c.is_whitespace() => {
                self.end_word();
                at + 1
            }
            c => {
                self.add(c);
                at + 1
            }
        }
    }

    fn quoted(&mut self, chars: &[char], from: usize) -> usize {
        let mut at = from;
        self.add_all(&[]);
        while let Some(&c) = chars.get(at) {
            match c {
                '"' => return at + 1,
                '\\' => {
                    match chars.get(at + 1) {
                        None | Some('\n') => {}
                        Some(next) => {
                            if !matches!(next, '"' | '\\' | '$' | '`') {
                                self.add('\\');
                            }
                            self.add(*next);
                        }
                    }
                    at += 2;
                }
                '$' if chars.get(at + 1) == Some(&'(') => at = self.substitution(chars, at + 2),
                '`' => at = self.backquoted(chars, at + 1),
                c => {
                    self.add(c);
                    at += 1;
                }
            }
        }
        at
    }

    fn backquoted(&mut self, chars: &[char], from: usize) -> usize {
        let end = find(chars, from, '`');
        self.inside(chars, from, end);
        end + 1
    }

    /// A substitution, whose text ends at the bracket that closes it.
    fn substitution(&mut self, chars: &[char], from: usize) -> usize {
        let (mut open, mut at) = (1, from);
        while let Some(&c) = chars.get(at) {
            match c {
                '\'' => at = find(chars, at + 1, '\''),
                '\\' => at += 1,
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
            at += 1;
        }
        let end = at.min(chars.len());
        self.inside(chars, from.min(end), end);
        end + 1
    }

    /// Commands within: they are commands like others, and what they print is not known.
    fn inside(&mut self, chars: &[char], from: usize, to: usize) {
        let mut inner = Self::new(self.line(chars, from), self.depth + 1);
        inner.read(&chars[from..to]);
        self.now.inner.extend(inner.done);
        self.add('$');
    }

    fn redirect(&mut self, chars: &[char], at: usize) -> usize {
        // A number right before it is a stream, no word.
        let number = self.word.as_ref();
        if number.is_some_and(|word| word.chars().all(|c| c.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        let rest: String = chars[at..].iter().take(3).collect();
        let (next, length) = match rest.as_str() {
            "<<<" => (Next::HereText, 3),
            "<<-" => (Next::HereEndTabs, 3),
            two if two.starts_with("<<") => (Next::HereEnd, 2),
            two if two.starts_with(">>") || two.starts_with(">|") || two.starts_with(">&") => {
                (Next::Written, 2)
            }
            one if one.starts_with('>') => (Next::Written, 1),
            two if two.starts_with("<&") => (Next::Read, 2),
            _ => (Next::Read, 1),
        };
        self.next = next;
        let mut at = at + length;
        // Whether the end of a here-document stands in quotes is lost once it is a word.
        if matches!(next, Next::HereEnd | Next::HereEndTabs) {
            while chars.get(at).is_some_and(|c| *c == ' ') {
                at += 1;
            }
            let runs = !matches!(chars.get(at), Some('\'' | '"' | '\\'));
            self.waiting.push(Heredoc {
                command: self.done.len(),
                end: String::new(),
                runs,
                tabs: next == Next::HereEndTabs,
            });
        }
        at
    }

    /// The bodies of the here-documents of the line that ended.
    fn bodies(&mut self, chars: &[char], from: usize) -> usize {
        let mut at = from;
        for heredoc in std::mem::take(&mut self.waiting) {
            let line = self.line(chars, at);
            let mut body = String::new();
            while at < chars.len() {
                let end = find(chars, at, '\n');
                let line: String = chars[at..end].iter().collect();
                at = end + 1;
                let told = if heredoc.tabs {
                    line.trim_start_matches('\t')
                } else {
                    &line
                };
                if told == heredoc.end {
                    break;
                }
                body.push_str(told);
                body.push('\n');
            }
            let mut inner = Self::new(line, self.depth + 1);
            if heredoc.runs && self.depth < DEPTH_MAX {
                let body: Vec<char> = body.chars().collect();
                let mut from = 0;
                // A quote in a body is a character like others.
                while from < body.len() {
                    from = inner.quoted(&body, from);
                }
            }
            if let Some(command) = self.done.get_mut(heredoc.command) {
                command.input.push(body);
                command.inner.extend(inner.now.inner);
            }
        }
        at
    }

    fn add(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn add_all(&mut self, chars: &[char]) {
        self.word.get_or_insert_default().extend(chars);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else {
            return;
        };
        match std::mem::take(&mut self.next) {
            Next::Word => self.now.words.push(word),
            Next::Written if word.starts_with("/dev/tcp/") => self.now.words.push(word),
            Next::Written => self.now.writes.push(word),
            Next::Read => {}
            Next::HereText => self.now.input.push(word),
            Next::HereEnd | Next::HereEndTabs => {
                if let Some(heredoc) = self.waiting.last_mut() {
                    heredoc.end = word;
                }
            }
        }
    }

    fn end_command(&mut self, is_piped: bool) {
        self.end_word();
        let mut now = std::mem::take(&mut self.now);
        let is_something = !(now.words.is_empty()
            && now.writes.is_empty()
            && now.input.is_empty()
            && now.inner.is_empty());
        if is_something || self.waiting.iter().any(|it| it.command == self.done.len()) {
            now.is_piped = is_piped;
            self.done.push(now);
        }
    }
}

/// Whether a brace is a word of its own, which groups commands.
fn is_alone(chars: &[char], at: usize) -> bool {
    let after = chars.get(at + 1);
    after.is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '|' | '&' | ')'))
}

/// The next place of a character, or the end.
fn find(chars: &[char], from: usize, wanted: char) -> usize {
    let from = from.min(chars.len());
    let found = chars[from..].iter().position(|c| *c == wanted);
    found.map_or(chars.len(), |offset| from + offset)
}
