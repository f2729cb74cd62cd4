//! A simple command, and commands in commands.

/// One simple command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Where it begins, from the line that the text was said to begin at.
    pub line: usize,
    /// Its words, assignments in front included, quotes taken away. What another command prints is `$`.
    pub words: Vec<String>,
    /// Files that it writes by redirection.
    pub writes: Vec<String>,
    /// What it is given by `<<` or `<<<`.
    pub input: Vec<String>,
    /// Its output is the next command's input.
    pub is_piped: bool,
    /// The commands inside its `$(...)`, `<(...)`, backquotes and here-documents.
    pub inner: Vec<Self>,
}

impl Command {
    /// `NAME=value` in front of the program.
    pub fn assignments(&self) -> &[String] {
        let are = |word: &&String| assignment(word).is_some();
        let count = self.words.iter().take_while(are).count();
        &self.words[..count]
    }

    /// The program and its words.
    pub fn run(&self) -> &[String] {
        &self.words[self.assignments().len()..]
    }
}

/// The name and the value of a word that sets a variable.
pub fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some((name, value))
}

/// All commands of some, those inside before the ones that they are inside of.
pub fn everything(commands: &[Command]) -> Vec<&Command> {
    let mut all = Vec::new();
    for command in commands {
        all.extend(everything(&command.inner));
        all.push(command);
    }
    all
}
