//! What the arguments ask for, side by side, with everything that is wrong with them.

use cutover_base::clock::Clock;
use cutover_standin::fault::Fault;

use crate::app::standin::{Door, KEY_DIGITS, Settings, is_key, prefix};
use crate::call::Provider;
use crate::cli::standin::args::StandinArgs;

/// Reads the arguments, and says everything that is wrong with them.
pub(crate) fn read(args: &StandinArgs) -> (Settings, Vec<String>) {
    let mut problems = Vec::new();
    let providers = match args.provider.as_str() {
        "e2b" => vec![Provider::E2b],
        "daytona" => vec![Provider::Daytona],
        "both" => vec![Provider::E2b, Provider::Daytona],
        other => {
            problems.push(format!(
                "no stand-in for `{}`; e2b, daytona or both",
                other.escape_debug()
            ));
            vec![Provider::E2b, Provider::Daytona]
        }
    };
    let door = |provider| Door {
        provider,
        port: 0,
        key: None,
        faults: Vec::new(),
    };
    let mut settings = Settings {
        doors: providers.into_iter().map(door).collect(),
        engine: args
            .engine
            .parse()
            .map_err(|error| problems.push(format!("--engine: {error}")))
            .ok(),
        image: args.image.clone(),
        speed: speed(args.clock_speed.as_deref(), &mut problems),
        state_dir: args.state_dir.clone(),
        env_file: args.env_file.clone(),
        log: args.log.clone(),
        allow_network: args.allow_network,
        memory_bytes_max: args.sandbox_memory.bytes(),
        secrets: Vec::new(),
    };
    for spec in &args.port {
        set_port(&mut settings.doors, spec).unwrap_or_else(|it| problems.push(it));
    }
    for spec in &args.key {
        set_key(&mut settings.doors, spec).unwrap_or_else(|it| problems.push(it));
    }
    for spec in &args.fault {
        set_fault(&mut settings.doors, spec).unwrap_or_else(|it| problems.push(it));
    }
    if let [first, second] = settings.doors.as_slice()
        && first.port == second.port
        && first.port != 0
    {
        problems.push(format!(
            "--port: both stand-ins cannot have port {}",
            first.port
        ));
    }
    (settings, problems)
}

/// `3000` is the first stand-in's port and 3001 the second's; `daytona=3001` names one.
fn set_port(doors: &mut [Door], spec: &str) -> Result<(), String> {
    let (named, text) = named(doors, "--port", spec)?;
    let wrong = || {
        format!(
            "--port: `{}` is no port; a number from 0 (a free one) to 65535",
            text.escape_debug()
        )
    };
    let port: u16 = text.parse().map_err(|_| wrong())?;
    if let Some(index) = named {
        doors[index].port = port;
        return Ok(());
    }
    for (door, step) in doors.iter_mut().zip(0..) {
        door.port = match port {
            0 => 0,
            first => first.checked_add(step).ok_or_else(|| {
                format!("--port: there is no port after {first} for the second stand-in")
            })?,
        };
    }
    Ok(())
}

/// A key belongs to the stand-in whose prefix it has; naming the side is allowed, not needed.
fn set_key(doors: &mut [Door], spec: &str) -> Result<(), String> {
    let (named, text) = named(doors, "--key", spec)?;
    // The key itself is never shown: it may be a real one, given by mistake.
    let fits = |door: &Door| is_key(door.provider, text);
    let index = match named {
        Some(index) => fits(&doors[index]).then_some(index),
        None => doors.iter().position(fits),
    };
    let Some(index) = index else {
        let wanted = match named {
            Some(index) => std::slice::from_ref(&doors[index]),
            None => doors,
        };
        let shapes: Vec<String> = wanted
            .iter()
            .map(|door| {
                format!(
                    "{} takes `{}` and {} to {} hexadecimal digits",
                    door.provider.name(),
                    prefix(door.provider),
                    KEY_DIGITS.start(),
                    KEY_DIGITS.end()
                )
            })
            .collect();
        return Err(format!(
            "--key: the key has the wrong shape; {}",
            shapes.join(", ")
        ));
    };
    if doors[index].key.replace(text.to_owned()).is_some() {
        return Err(format!(
            "--key: two keys for {}",
            doors[index].provider.name()
        ));
    }
    Ok(())
}

/// A fault of all stand-ins, or of the one that is named.
fn set_fault(doors: &mut [Door], spec: &str) -> Result<(), String> {
    let (named, text) = named(doors, "--fault", spec)?;
    let faults = Fault::parse_list(text).map_err(|error| format!("--fault: {error}"))?;
    for (index, door) in doors.iter_mut().enumerate() {
        if named.is_none_or(|named| named == index) {
            door.faults.extend_from_slice(&faults);
        }
    }
    Ok(())
}

/// Splits `SIDE=VALUE`; without a side the value is for all.
fn named<'a>(
    doors: &[Door],
    option: &str,
    spec: &'a str,
) -> Result<(Option<usize>, &'a str), String> {
    let Some((side, value)) = spec.split_once('=') else {
        return Ok((None, spec));
    };
    let found = doors.iter().position(|door| door.provider.name() == side);
    let Some(index) = found else {
        let sides: Vec<&str> = doors.iter().map(|door| door.provider.name()).collect();
        return Err(format!(
            "{option}: no stand-in `{}` is started here; {}",
            side.escape_debug(),
            sides.join(" or ")
        ));
    };
    Ok((Some(index), value))
}

fn speed(text: Option<&str>, problems: &mut Vec<String>) -> Option<f64> {
    let text = text?;
    let wrong = || {
        format!(
            "--clock-speed: `{}` is no speed; a number from 0 (stands still until it is advanced) \
             to {}",
            text.escape_debug(),
            cutover_base::clock::SPEED_MAX
        )
    };
    let speed = text.parse::<f64>().ok();
    let speed = speed.filter(|speed| Clock::with_speed(*speed).is_ok());
    if speed.is_none() {
        problems.push(wrong());
    }
    // Real time follows the machine's clock; a clock of its own would not.
    speed.filter(|speed| (*speed - 1.0).abs() > f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn settings(words: &str) -> (Settings, Vec<String>) {
        let all = ["cutover", "standin"].into_iter();
        let cli = Cli::try_parse_from(all.chain(words.split_whitespace())).unwrap();
        let Command::Standin(args) = cli.command else {
            panic!("{words}");
        };
        read(&args)
    }

    fn ports(words: &str) -> Vec<u16> {
        let (settings, problems) = settings(words);
        assert_eq!(problems, Vec::<String>::new(), "{words}");
        settings.doors.iter().map(|door| door.port).collect()
    }

    #[test]
    fn ports_are_given_to_sides() {
        for (words, expected) in [
            ("e2b", vec![0]),
            ("daytona --port 3000", vec![3000]),
            ("both", vec![0, 0]),
            ("both --port 3000", vec![3000, 3001]),
            ("both --port daytona=4000 --port e2b=3000", vec![3000, 4000]),
            ("both --port daytona=4000", vec![0, 4000]),
            ("both --port 3000 --port daytona=0", vec![3000, 0]),
            ("both --port 0", vec![0, 0]),
            ("e2b --port e2b=9", vec![9]),
        ] {
            assert_eq!(ports(words), expected, "{words}");
        }
    }

    #[test]
    fn keys_find_their_side_and_faults_name_theirs() {
        let (settings, problems) = settings(
            "both --key dtn_00112233 --key e2b=e2b_44556677 --fault daytona=503:10% --fault slow",
        );
        assert_eq!(problems, Vec::<String>::new());
        let shown: Vec<(Option<&str>, Vec<String>)> = settings
            .doors
            .iter()
            .map(|door| {
                let faults = door.faults.iter().map(ToString::to_string);
                (door.key.as_deref(), faults.collect())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (Some("e2b_44556677"), vec!["slow".to_owned()]),
                (
                    Some("dtn_00112233"),
                    vec!["503:10%".to_owned(), "slow".to_owned()]
                ),
            ]
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_no_key_is_shown() {
        for (words, expected) in [
            ("azure", vec!["no stand-in for `azure`"]),
            (
                "both --port 3000x --key sesame-open --fault 304 --clock-speed -1 --engine x",
                vec![
                    "--engine: unknown engine `x`",
                    "--clock-speed: `-1`",
                    "--port: `3000x`",
                    "--key: the key has the wrong shape; e2b takes `e2b_`",
                    "--fault: unknown fault `304`",
                ],
            ),
            ("both --port 65535", vec!["no port after 65535"]),
            ("e2b --port 65536", vec!["is no port"]),
            ("both --port e2b=1 --port daytona=1", vec!["cannot have"]),
            ("e2b --port daytona=1", vec!["no stand-in `daytona`"]),
            ("e2b --key dtn_00112233", vec!["e2b takes `e2b_`"]),
            ("e2b --key e2b_0011223", vec!["8 to 128"]),
            ("e2b --key e2b_0011223G", vec!["8 to 128"]),
            (
                "e2b --key e2b_00112233 --key e2b_00112233",
                vec!["two keys"],
            ),
            ("e2b --clock-speed NaN", vec!["`NaN` is no speed"]),
            ("e2b --clock-speed inf", vec!["`inf` is no speed"]),
        ] {
            let (_, problems) = settings(words);
            assert_eq!(problems.len(), expected.len(), "{words}: {problems:?}");
            for (problem, part) in problems.iter().zip(expected) {
                assert!(problem.contains(part), "{words}: {problem}");
                assert!(!problem.contains("sesame"), "{problem}");
            }
        }
    }
}
