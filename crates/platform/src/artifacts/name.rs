//! Names of artifacts.

/// Takes out of a name what a file name may not have: separators and wild cards become `_`, and
/// what is not printable ASCII is left out. Nothing may be left of a name.
pub fn sanitised(name: &str) -> String {
    let kept = name.chars().filter_map(|character| match character {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => Some('_'),
        ' '..='~' => Some(character),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_what_a_file_name_may_have() {
        for (name, sane) in [
            ("a.txt", "a.txt"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j"),
            ("é", ""),
            ("é.txt", ".txt"),
            (" ", " "),
            ("a\nb", "ab"),
            ("a\u{7f}b~", "ab~"),
            ("a'b%20c", "a'b%20c"),
        ] {
            assert_eq!(sanitised(name), sane, "{name:?}");
        }
    }
}
