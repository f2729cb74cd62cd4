//! The vault's certificate in a new sandbox, as in the original and with fixes.

use cutover_base::fixes::Fixes;

use crate::bed::{Bed, INTERNAL, answer, error, fixes};
use crate::cloud::told;

const VAULT: [(&str, &str); 2] = [
    ("VAULT_URL", "http://vault.example:1"),
    ("VAULT_CA_CRT", "line 1\\nline 2"),
];
const UPLOAD: &str = "POST /toolbox/s1/files/bulk-upload";
const MERGE: &str = "cat /etc/ssl/certs/ca-certificates.crt /tmp/vault-ca.crt > \
                     /tmp/combined-ca.crt && mv /tmp/combined-ca.crt /tmp/vault-ca.crt";

#[tokio::test]
async fn it_is_written_and_put_together_with_those_that_are_there() {
    let bed = Bed::new(Fixes::none(), &VAULT).await;
    assert_eq!(bed.provision().await.0, 200);
    let form = &bed.cloud.bodies(UPLOAD)[0];
    assert!(form.contains("\r\n\r\n/tmp/vault-ca.crt\r\n"), "{form}");
    assert!(form.contains("\r\n\r\nline 1\nline 2\r\n--"), "{form}");
    let asked = "POST /toolbox/s1/process/execute";
    let wanted = format!(r#"{{"command":"{MERGE}","timeout":10}}"#);
    assert_eq!(bed.cloud.bodies(asked), [wanted]);
    assert_eq!(bed.cloud.take_asked(), ["POST /api/sandbox", UPLOAD, asked]);
}

#[tokio::test]
async fn the_original_does_not_mind_when_it_is_not() {
    let bed = Bed::new(Fixes::none(), &VAULT).await;
    bed.cloud.rule("POST", "/bulk-upload", told(500, ""));
    assert_eq!(bed.provision().await.0, 200);
    assert_eq!(bed.cloud.take_asked(), ["POST /api/sandbox", UPLOAD]);
    let bed = Bed::new(Fixes::none(), &VAULT).await;
    bed.cloud.ends("1", r#""no such file""#);
    assert_eq!(bed.provision().await.0, 200);
    let bed = Bed::new(Fixes::none(), &VAULT).await;
    bed.cloud.rule("POST", "/process/execute", told(500, ""));
    assert_eq!(bed.provision().await.0, 200);
}

/// Q76
#[tokio::test]
async fn a_sandbox_that_could_not_get_it_is_none() {
    let ended = "the new sandbox was ended, as the vault's certificate could not be put into it";
    for (fixes, wanted) in [
        (fixes(&["Q76"]), answer(500, INTERNAL)),
        (Fixes::all(), error(502, ended)),
    ] {
        let bed = Bed::new(fixes, &VAULT).await;
        bed.cloud.rule("POST", "/bulk-upload", told(500, ""));
        assert_eq!(bed.provision().await, wanted);
        let wanted = ["POST /api/sandbox", UPLOAD, "DELETE /api/sandbox/s1"];
        assert_eq!(bed.cloud.take_asked(), wanted);
    }
}

/// Q75
#[tokio::test]
async fn it_may_stand_alone() {
    let bed = Bed::new(Fixes::all(), &VAULT).await;
    bed.cloud.ends("1", r#""cat: no such file""#);
    assert_eq!(bed.provision().await.0, 200);
    assert_eq!(bed.cloud.commands(), [MERGE]);
    let bed = Bed::new(Fixes::all(), &VAULT).await;
    bed.cloud.rule("POST", "/process/execute", told(500, ""));
    assert_eq!(bed.provision().await.0, 200);
}
