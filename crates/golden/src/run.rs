//! One group from its beginning to its end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use cutover_base::clock::Clock;
use cutover_js::{Object, Value, json};
use cutover_platform::Variables;

use crate::compare::{Difference, compare};
use crate::data::{Group, items, member, number};
use crate::database::Database;
use crate::fill::Names;
use crate::normal::Literals;
use crate::request::request;
use crate::s3::S3;
use crate::secrets::{SIGNING, secrets};
use crate::tap::CreatedIds;
use crate::upstream::{Upstream, list};

/// What a test brings along: the endpoint, and whatever else its groups need.
#[async_trait]
pub trait Stage: Send {
    /// Starts an endpoint with these variables on the run's database, in place of the one before,
    /// and gives its address.
    async fn start(&mut self, run: &Run, variables: Variables) -> SocketAddr;

    /// Does a step that is about something else than the endpoint, the database, the scripted
    /// upstream and the bucket. The input has its placeholders filled.
    async fn step(&mut self, run: &Run, input: &Value) -> Value;

    /// What reached the providers since this was last asked, by name (`e2b`, `daytona`), as a
    /// [`crate::Tap`] hears it. None where there are no real ones: then it is not compared.
    fn take_heard(&mut self) -> Option<Vec<(&'static str, Vec<Value>)>> {
        None
    }
}

/// A group while it is played.
#[derive(Debug)]
pub struct Run {
    /// The database of the endpoint.
    pub database: Arc<Database>,
    /// The scripted upstream.
    pub upstream: Upstream,
    /// The bucket.
    pub s3: S3,
    /// Ids of sandboxes, in the order in which a provider made them, as `(provider, id)`.
    pub created: CreatedIds,
    names: Names,
    literals: Literals,
    settings: Value,
    endpoint: Option<SocketAddr>,
}

/// Plays a group in a folder of its own and tells what differs. `names` are what the stage puts in
/// the place of further placeholders (`e2b_key`), and reads back as `<e2b_key>`.
///
/// # Panics
/// When the data have a step that this version does not know.
pub async fn replay(
    group: &Group,
    folder: &Path,
    names: &[(&str, String)],
    stage: &mut dyn Stage,
) -> Vec<Difference> {
    let mut run = Run::begin(group, folder, names).await;
    run.restart(stage, &Value::Null).await;
    let mut found = Vec::new();
    for step in &group.steps {
        run.upstream.take_heard();
        run.s3.take_heard();
        stage.take_heard();
        let output = run.step(stage, &step.input).await;
        let output = run.normal().normalise(&output);
        let providers = stage.take_heard();
        let with_providers = providers.is_some();
        let wire = run.wire(providers.unwrap_or_default());
        let wire = run.normal().normalise(&wire);
        found.extend(compare(&group.id, step, &output, &wire, with_providers));
    }
    found
}

const S1: &str = "11111111-1111-4111-8111-111111111111";
const S2: &str = "22222222-2222-4222-8222-222222222222";

impl Run {
    async fn begin(group: &Group, folder: &Path, more: &[(&str, String)]) -> Self {
        let upstream = Upstream::start().await;
        let s3 = S3::start().await;
        let mut names = Names::default();
        let mut literals = Literals::default();
        for (name, value) in more {
            literals.0.push((value.clone(), format!("<{name}>")));
            names.0.insert((*name).to_owned(), value.clone());
        }
        for (name, value) in secrets(Clock::new().now().as_second()) {
            literals.0.push((value.clone(), format!("<{name}>")));
            names.0.insert(name.to_owned(), value);
        }
        for (name, address) in [
            ("upstream", upstream.server.address),
            ("s3", s3.server.address),
        ] {
            literals.0.push((address.to_string(), format!("<{name}>")));
            names.0.insert(name.to_owned(), format!("http://{address}"));
        }
        // Nothing listens on a port that was just let go; no test here needs that it stays so.
        names
            .0
            .insert("dead".to_owned(), "http://127.0.0.1:9".to_owned());
        names.0.insert("signing".to_owned(), SIGNING.to_owned());
        let seed = if group.seed == Value::Null {
            usual_seed()
        } else {
            names.fill(&group.seed)
        };
        Self {
            database: Arc::new(Database::create(&folder.join("database.json"), &seed)),
            upstream,
            s3,
            created: Arc::default(),
            names,
            literals,
            settings: group.settings.clone(),
            endpoint: None,
        }
    }

    /// Starts the endpoint anew, its settings changed by these; null takes one away.
    async fn restart(&mut self, stage: &mut dyn Stage, changes: &Value) {
        let mut settings = self.settings.as_object().cloned().unwrap_or_default();
        for (name, value) in changes.as_object().into_iter().flat_map(Object::iter) {
            settings.insert(name.clone(), value.clone());
        }
        self.settings = settings.into();
        let mut variables: Variables = [
            ("AWS_ACCESS_KEY_ID", "AKIAREPLAY"),
            ("AWS_SECRET_ACCESS_KEY", "secretreplay"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let filled = self.names.fill(&self.settings);
        for (name, value) in filled.as_object().into_iter().flat_map(Object::iter) {
            if let Some(value) = value.as_text() {
                variables.insert(name.to_string(), value.to_string());
            }
        }
        let endpoint = stage.start(self, variables).await;
        self.endpoint = Some(endpoint);
        self.names
            .0
            .insert("platform".to_owned(), format!("http://{endpoint}"));
        self.literals
            .0
            .push((endpoint.to_string(), "<platform>".to_owned()));
    }

    async fn step(&mut self, stage: &mut dyn Stage, input: &Value) -> Value {
        let input = &self.names.fill(input);
        let is_http = |step: &Value| step.get("http").is_some();
        if let Some(steps) = input.get("par")
            && items(steps).iter().all(is_http)
        {
            let mut asked = tokio::task::JoinSet::new();
            for (at, step) in items(steps).iter().enumerate() {
                let (endpoint, http) = (self.endpoint(), member(step, "http"));
                asked.spawn(async move { (at, request(endpoint, &http).await) });
            }
            let answers: BTreeMap<usize, Value> = asked.join_all().await.into_iter().collect();
            return list(answers.into_values().collect());
        }
        if let Some(http) = input.get("http") {
            return request(self.endpoint(), http).await;
        }
        if let Some(changes) = input.get("platform") {
            self.restart(stage, changes).await;
            return object(&[("started", true.into())]);
        }
        if let Some(answers) = input.get("script") {
            self.upstream.script(answers);
        } else if let Some(status) = input.get("s3fail") {
            self.s3
                .refuse(number(Some(status)).and_then(|it| it.try_into().ok()));
        } else if let Some(db) = input.get("db") {
            return self.database_step(db);
        } else {
            return stage.step(self, input).await;
        }
        object(&[])
    }

    fn database_step(&self, db: &Value) -> Value {
        for (id, members) in member(db, "set")
            .as_object()
            .into_iter()
            .flat_map(Object::iter)
        {
            self.database
                .change(id, members.as_object().expect("members to set"));
        }
        if let Some(faults) = db.get("faults") {
            self.database.set_faults(faults.clone());
        }
        let Some(Value::String(id)) = db.get("read") else {
            return object(&[]);
        };
        let record = self.database.session_record(id).unwrap_or(Value::Null);
        let shown = ["sandboxes", "status"].map(|name| (name, member(&record, name)));
        object(&shown)
    }

    /// The endpoint that runs now.
    pub fn endpoint(&self) -> SocketAddr {
        self.endpoint.expect("a group starts its endpoint first")
    }

    fn wire(&self, providers: Vec<(&'static str, Vec<Value>)>) -> Value {
        let heard = [
            ("upstream", self.upstream.take_heard()),
            ("s3", self.s3.take_heard()),
        ];
        let heard = heard
            .into_iter()
            .chain(providers)
            .filter(|(_, heard)| !heard.is_empty());
        heard
            .map(|(name, heard)| (name, list(heard)))
            .collect::<Object>()
            .into()
    }

    /// What has a placeholder by now.
    fn normal(&self) -> Literals {
        let created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut all = Literals::default();
        for (provider, id) in created.iter() {
            let count = counts.entry(provider).or_default();
            *count += 1;
            all.0
                .push((id.clone(), format!("<{provider}-sandbox-{count}>")));
        }
        all.0.extend(self.literals.0.iter().cloned());
        all
    }
}

fn usual_seed() -> Value {
    let session = |id: &str| format!(r#"{{"session_id":"{id}","agent_id":"agent-1"}}"#);
    let seed = format!(
        r#"{{"agents":[{{"agent_id":"agent-1"}}],"sessions":[{},{}]}}"#,
        session(S1),
        session(S2)
    );
    json::parse(seed.as_bytes()).expect("the usual database is JSON")
}

fn object(members: &[(&str, Value)]) -> Value {
    members
        .iter()
        .map(|(name, value)| (*name, value.clone()))
        .collect::<Object>()
        .into()
}
