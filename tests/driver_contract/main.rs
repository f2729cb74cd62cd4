//! The drivers against their stand-ins: one set of checks for every provider, and every fault.
//!
//! Neither side knows the other: both were written from the wire contracts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod checks;
mod faults;
mod lives;
mod states;

/// One test per check, for a provider whose bench is made by the function of this name.
macro_rules! contract {
    ($provider:ident) => {
        contract!($provider:
            checks::a_command_gives_its_output_and_exit,
            checks::a_time_limit_is_a_timeout,
            checks::large_output_comes_whole,
            checks::a_missing_directory_is_told,
            checks::environment_reaches_commands,
            checks::files_come_and_go,
            checks::directories_are_made_listed_moved_and_removed,
            checks::a_background_process_ends_and_is_told,
            checks::standard_input_reaches_a_command_or_is_unsupported,
            checks::a_signal_ends_a_process_or_is_unsupported,
            checks::sandboxes_are_found_by_label_and_destroyed,
            checks::a_dead_sandbox_is_gone,
            checks::a_resting_sandbox_is_no_dead_one,
            checks::a_wrong_key_is_unauthorized,
            lives::a_process_that_is_left_behind_is_no_failure,
            lives::a_process_that_its_limit_has_ended_is_known,
            lives::a_sandbox_whose_time_has_come_ends_as_it_was_asked_to,
            states::a_state_is_told,
            states::a_resting_sandbox_goes_on,
            faults::a_5xx_is_unavailable_and_a_command_is_sent_once,
            faults::a_429_is_waited_for_then_told,
            faults::a_reset_is_unavailable,
            faults::a_truncated_answer_is_no_outcome,
            faults::slow_and_late_answers_are_outcomes,
            faults::death_is_gone,
        );
    };
    ($provider:ident: $($module:ident::$check:ident),+ $(,)?) => {
        mod $provider {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let bench = crate::bench::$provider().await;
                    crate::$module::$check(&bench).await;
                    bench.end().await;
                }
            )+
        }
    };
}

contract!(e2b);
contract!(daytona);
