//! What a refusal of a control plane is about and comes to, alike for both providers. The words are
//! each provider's own: its tables say what they mean.

use crate::call::Failure;
use crate::driver::forms::{Form, class_in};
use crate::driver::http::{Ask, Refusal};

/// A route of a control plane, by what its refusals are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// A sandbox that is to be made.
    Create,
    /// One sandbox.
    Sandbox,
    /// The account.
    Account,
}

impl Route {
    /// The route of a request. What is asked of a sandbox that is there is about that sandbox, even
    /// while it is being made.
    pub(crate) fn of(ask: &Ask) -> Self {
        match (ask.op, &ask.sandbox) {
            (_, Some(_)) => Self::Sandbox,
            ("create", None) => Self::Create,
            (_, None) => Self::Account,
        }
    }
}

/// The error forms of a provider's control plane.
#[derive(Debug)]
pub(crate) struct ControlForms {
    /// About a sandbox that is to be made. What stands in none of them has the class of its status:
    /// it is an error in any case.
    pub(crate) of_create: &'static [Form<u16>],
    /// About one sandbox. What stands in none of them is an error.
    pub(crate) of_sandbox: &'static [Form<u16>],
}

impl ControlForms {
    /// What a refusal comes to. `said` are the provider's words; `None` of an answer that has not the
    /// provider's shape.
    pub(crate) fn failure(&self, refusal: &Refusal, route: Route, said: Option<String>) -> Failure {
        let Some(words) = said else {
            return refusal.foreign();
        };
        let status = refusal.status;
        let class = match route {
            Route::Create => class_in(self.of_create, &status, &words)
                .unwrap_or_else(|| refusal.class_of_status()),
            Route::Sandbox => class_in(self.of_sandbox, &status, &words)
                .unwrap_or_else(|| refusal.error_of_status()),
            Route::Account => refusal.error_of_status(),
        };
        Failure::new(class, words)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use url::Url;

    use super::*;

    #[test]
    fn a_request_is_about_the_sandbox_that_it_names() {
        let ask = |op| Ask::new(op, Method::GET, Url::parse("http://x/").unwrap());
        assert_eq!(Route::of(&ask("create")), Route::Create);
        assert_eq!(Route::of(&ask("create").sandbox("i")), Route::Sandbox);
        assert_eq!(Route::of(&ask("state").sandbox("i")), Route::Sandbox);
        assert_eq!(Route::of(&ask("list")), Route::Account);
    }
}
