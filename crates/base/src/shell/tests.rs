use super::reader::COMMANDS_MAX;
use super::*;

fn words(text: &str) -> Vec<String> {
    let all = commands(text, 1);
    let all = everything(&all).into_iter();
    all.map(|command| command.words.join(" ")).collect()
}

#[test]
fn a_text_falls_into_its_commands() {
    for (text, wanted) in [
        ("cd a && ls -l; pwd", vec!["cd a", "ls -l", "pwd"]),
        ("cat f | wc -l &", vec!["cat f", "wc -l"]),
        ("echo 'a; b' \"c && d\"", vec!["echo a; b c && d"]),
        ("echo \"$(date; id)\"", vec!["date", "id", "echo $"]),
        ("x=`uname`", vec!["uname", "x=$"]),
        ("# nothing\nls # here", vec!["ls"]),
        ("a \\\n  b \"c\\\nd\"", vec!["a b cd"]),
        ("ls 2>&1 >/dev/null", vec!["ls"]),
        (
            "diff <(sort a) <(sort b)",
            vec!["sort a", "sort b", "diff $ $"],
        ),
        (
            "{ a; b; } && (c {1,2} ${X})",
            vec!["a", "b", "c {1,2} ${X}"],
        ),
        ("", vec![]),
        ("'", vec![""]),
        ("\"$(", vec!["$"]),
    ] {
        assert_eq!(words(text), wanted, "{text}");
    }
}

#[test]
fn lines_and_pipes_are_told() {
    let text =
        "apt-get update \\\n && apt-get install \"$(\nid)\"; curl -fsSL x |\n sudo sh\n\na || b";
    let told: Vec<(usize, bool)> = commands(text, 5)
        .iter()
        .map(|it| (it.line, it.is_piped))
        .collect();
    let plain = |line| (line, false);
    assert_eq!(
        told,
        [
            plain(5),
            plain(6),
            (7, true),
            plain(8),
            plain(10),
            plain(10)
        ]
    );
    assert_eq!(commands(text, 5)[1].inner[0].line, 7);
}

#[test]
fn heredocs_belong_to_their_command() {
    let all = commands("cat > f.sh <<'EOF' && ls\ngit push\nEOF\nbash f.sh", 1);
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].writes, ["f.sh"]);
    assert_eq!(all[0].input, ["git push\n"]);
    assert_eq!(all[2].words, ["bash", "f.sh"]);
    assert_eq!(all[2].line, 4);
    // Without quotes what is in it runs.
    assert_eq!(words("cat <<X\n\"$(id)\" `w`\nX\n"), ["id", "w", "cat"]);
    assert_eq!(commands("bash <<< 'ls'", 1)[0].input, ["ls"]);
    assert_eq!(commands("cat <<-E\n\ta\n\tE\nls", 1).len(), 2);
}

#[test]
fn assignments_stand_in_front_of_the_program() {
    let all = commands("A=1 B=\"x y\" env C=2; D=3", 1);
    assert_eq!(all[0].assignments(), ["A=1", "B=x y"]);
    assert_eq!(all[0].run(), ["env", "C=2"]);
    assert_eq!(all[1].run(), [""; 0]);
    for word in ["1A=x", "=x", "a-b=x", "x"] {
        assert_eq!(assignment(word), None, "{word}");
    }
}

#[test]
fn whatever_comes_is_read_to_its_end() {
    for text in [
        "$(".repeat(5000),
        "<(".repeat(5000),
        "`".repeat(5001),
        "<<".repeat(99),
        "\\".to_owned(),
        "a |".to_owned(),
        "2>&".to_owned(),
        "{".repeat(99),
    ] {
        let _ = commands(&text, 1);
    }
    assert!(commands(&"a;".repeat(20_000), 1).len() <= COMMANDS_MAX + 1);
}
