//! The text that stands for an agent's secret inside a sandbox.

/// Names the stub for a variable of an agent: `stub_AGENT_NAME`, the name in lower case and every
/// run of other characters than `a-z` and `0-9` in it as one `_`. The agent's id stands as it is.
///
/// The vault derives the same text to find what to put in its place. Two names may share a stub
/// (`A-B` and `A_B`).
pub fn derive_stub(agent_id: &str, name: &str) -> String {
    let mut stub = format!("stub_{agent_id}_");
    let mut in_run = false;
    for character in name.to_lowercase().chars() {
        let kept = character.is_ascii_lowercase() || character.is_ascii_digit();
        if kept {
            stub.push(character);
        } else if !in_run {
            stub.push('_');
        }
        in_run = !kept;
    }
    stub
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stubs_are_those_that_the_vault_derives() {
        for (agent, name, stub) in [
            ("clx123", "GITHUB_TOKEN", "stub_clx123_github_token"),
            ("a", "A--B", "stub_a_a_b"),
            ("a", "_FOO_", "stub_a__foo_"),
            ("a", "MY.KEY.1", "stub_a_my_key_1"),
            ("a", "É_X", "stub_a__x"),
            ("a", "İ", "stub_a_i_"),
            ("a", "", "stub_a_"),
            ("A.b", "X", "stub_A.b_x"),
            (
                "platform",
                "LITELLM_API_KEY",
                "stub_platform_litellm_api_key",
            ),
        ] {
            assert_eq!(derive_stub(agent, name), stub, "{agent} {name}");
        }
    }
}
