//! The composition root: adapters become ports here, and nowhere else.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::args::{ApplicationReference, GlobalArguments};
use super::clock::SystemClock;
use super::env::Environment;
use super::error::CommandError;
use super::{output, prompt};
use crate::cluster::argocd_namespace::DEFAULT_NAMESPACE;
use crate::cluster::{
    ArgocdNamespace, ClusterClient, ConnectOptions, InCluster, KubeDestinations, KubeconfigFacts,
    NoCluster, no_cluster, resources,
};
use crate::engine::event::Sink;
use crate::engine::interrupt::Interrupt;
use crate::engine::refresh;
use crate::engine::session::Session;
use crate::engine::sync::request::Identity;
use crate::model::repository::RepositoryCredentials;
use crate::model::{Application, ApplicationName};
use crate::ports::{
    Clock, Cluster, Destinations, DryRun, FieldValidation, Ports, Store, StoreKind, WriteRequest,
    WriteVerb,
};
use crate::render::tree::{EntryKind, ReadTree};
use crate::sources::{GitSources, LocalTree, SourcesConfig, UserCredentials};
use crate::store::{self, CrdStore, FileStore, RecordUse, install};
use crate::support::Secret;
use crate::yaml::emit::to_yaml_documents;
use crate::yaml::read::{self, Dialect, DuplicateKeys, ReadOptions};
use crate::yaml::{FileId, Node};

/// How long one request to an API server may take.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a Git server may be silent.
const GIT_TIMEOUT: Duration = Duration::from_mins(1);
/// Largest Application file that is read.
const FILE_BYTES_MAX: u64 = 10 << 20;

/// What every command has at hand.
pub struct Context {
    /// Global flags.
    pub global: GlobalArguments,
    /// The environment.
    pub environment: Environment,
    /// Time.
    pub clock: Arc<SystemClock>,
    /// The user's wish to stop.
    pub interrupt: Interrupt,
    /// The same for blocking Git work.
    pub stop: Arc<AtomicBool>,
}

/// Ports that are connected, and the cluster behind them.
pub struct World {
    /// What the engine works with.
    pub ports: Ports,
    /// `None` for verbs that must not need a cluster.
    client: Option<Arc<ClusterClient>>,
}

/// An Application's file, connected.
struct OpenedFile {
    world: World,
    store: Arc<FileStore>,
}

/// A Secret read from the cluster.
pub struct ClusterSecret(Node);

/// What `admin install` would install.
pub struct InstallDocuments {
    /// YAML.
    pub text: String,
    /// `kind/name` of each.
    pub names: Vec<String>,
}

impl Context {
    /// Ports over the Applications of the cluster.
    ///
    /// # Errors
    /// When there is no usable kubeconfig.
    pub async fn cluster_mode(&self) -> Result<World, CommandError> {
        self.cluster_mode_in(None).await
    }

    /// The same with Argo CD's namespace given.
    ///
    /// # Errors
    /// When there is no usable kubeconfig.
    pub async fn cluster_mode_in(&self, namespace: Option<&str>) -> Result<World, CommandError> {
        let client = self.connect().await?;
        let given = self.explicit_namespace(namespace);
        let argocd = Arc::new(ArgocdNamespace::new(Arc::clone(&client), given));
        let store = Arc::new(CrdStore::new(Arc::clone(&client), Arc::clone(&argocd)));
        let destinations = self.destinations(&client, &argocd);
        Ok(self.world(Some(client), destinations, store))
    }

    /// Ports over the Application in a file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no such Application, or without a kubeconfig.
    pub async fn file_mode(&self, file: &str, name: Option<&str>) -> Result<World, CommandError> {
        Ok(self.open_file(file, name).await?.world)
    }

    async fn open_file(&self, file: &str, name: Option<&str>) -> Result<OpenedFile, CommandError> {
        let text = self.read_file(file)?;
        let documents = store::read_file(&text, file, name)?;
        let client = self.connect().await?;
        let given = self.explicit_namespace(None);
        let argocd = Arc::new(ArgocdNamespace::new(Arc::clone(&client), given));
        let destinations = self.destinations(&client, &argocd);
        let store = Arc::new(FileStore::new(documents, Arc::clone(&destinations), RecordUse::Read));
        let world = self.world(Some(client), destinations, Arc::clone(&store) as Arc<dyn Store>);
        Ok(OpenedFile { world, store })
    }

    /// Ports over the Application in a file for verbs that only render: no cluster is asked, and
    /// there need not be one.
    ///
    /// # Errors
    /// When the file cannot be read or holds no such Application.
    pub fn rendering_file_mode(
        &self,
        file: &str,
        name: Option<&str>,
    ) -> Result<World, CommandError> {
        let text = self.read_file(file)?;
        let documents = store::read_file(&text, file, name)?;
        let destinations = Arc::new(NoCluster) as Arc<dyn Destinations>;
        let store = FileStore::new(documents, Arc::clone(&destinations), RecordUse::Skip);
        Ok(self.world(None, destinations, Arc::new(store)))
    }

    /// Ports for a reference: its file, or the cluster.
    ///
    /// # Errors
    /// As [`Self::file_mode`] and [`Self::cluster_mode`].
    pub async fn world_of(&self, reference: &ApplicationReference) -> Result<World, CommandError> {
        match &reference.file {
            Some(file) => self.file_mode(file, reference.name.as_deref()).await,
            None => self.named_in_cluster(reference).await,
        }
    }

    async fn named_in_cluster(
        &self,
        reference: &ApplicationReference,
    ) -> Result<World, CommandError> {
        if reference.name.is_none() {
            return Err(unnamed());
        }
        self.cluster_mode().await
    }

    /// Ports for a reference that will be written to. A file says nothing of the cluster it goes
    /// to, so the user has to.
    ///
    /// # Errors
    /// As [`Self::world_of`]; also when the cluster is not explicit and nobody can be asked, and
    /// when the cluster holds an Application of the file's name, which `verb` would work against.
    pub async fn writing_world_of(
        &self,
        reference: &ApplicationReference,
        verb: &str,
    ) -> Result<World, CommandError> {
        let Some(file) = &reference.file else {
            return self.named_in_cluster(reference).await;
        };
        let OpenedFile { world, store } = self.open_file(file, reference.name.as_deref()).await?;
        self.confirm_cluster(world.client()?.kubeconfig_facts())?;
        match store.conflicting_application().await? {
            Some(_) => {
                let name = store.name();
                let there = format!(
                    "application '{name}' is in the cluster too: {file} would work against it"
                );
                Err(CommandError::failed(there).hint(format!("use: tiphys app {verb} {name}")))
            }
            None => Ok(world),
        }
    }

    /// A file says nothing of the cluster it goes to, so the user has to.
    fn confirm_cluster(&self, facts: &KubeconfigFacts) -> Result<(), CommandError> {
        output::notice(&format!("context {}, server {}", facts.context, facts.server));
        let is_explicit = self.global.context.is_some()
            || self.global.kubeconfig.is_some()
            || self.environment.kubeconfig.is_some();
        if is_explicit
            || prompt::confirm(
                &format!("Write to {}?", facts.server),
                "--context, --kubeconfig or KUBECONFIG",
            )?
        {
            return Ok(());
        }
        Err(CommandError::usage("stopped: nothing was changed"))
    }

    /// One run of a use case.
    pub fn session<'a>(&self, world: &'a World, sink: Sink<'a>) -> Session<'a> {
        Session::new(&world.ports, sink, self.interrupt.clone())
    }

    /// The namespace given on the command line or in the environment.
    pub fn explicit_namespace(&self, more: Option<&str>) -> Option<String> {
        more.map(str::to_owned)
            .or_else(|| self.global.argocd_namespace.clone())
            .or_else(|| self.environment.argocd_namespace.clone())
    }

    /// The documents of a YAML file, `-` for stdin.
    ///
    /// # Errors
    /// When it cannot be read or is no YAML.
    pub fn read_documents(&self, file: &str) -> Result<Vec<Node>, CommandError> {
        let text = self.read_file(file)?;
        let options = ReadOptions {
            dialect: Dialect::GoYamlV2,
            duplicate_keys: DuplicateKeys::LastWins,
            file: FileId::NONE,
            file_name: file.into(),
        };
        let (documents, warnings) = read::read_documents(&text, &options)
            .map_err(|error| CommandError::failed(error.to_string()).snippet(error.snippet()))?;
        for warning in warnings {
            output::warning(&warning.message);
        }
        Ok(documents.into_iter().map(|document| document.root).collect())
    }

    /// The text of a file, `-` for stdin.
    ///
    /// # Errors
    /// When it cannot be read, is too large or no UTF-8.
    pub fn read_file(&self, file: &str) -> Result<String, CommandError> {
        let mut bytes = Vec::new();
        let limit = FILE_BYTES_MAX + 1;
        let read = if file == "-" {
            io::stdin().take(limit).read_to_end(&mut bytes)
        } else {
            fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut bytes))
        };
        let failed = |cause: &str| CommandError::failed(format!("cannot read {file}: {cause}"));
        read.map_err(|error| failed(&error.to_string()))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(failed(&format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20)));
        }
        String::from_utf8(bytes).map_err(|_| failed("it is no UTF-8 text"))
    }

    /// The files of a folder on disk.
    ///
    /// # Errors
    /// When it is no folder.
    pub fn local_tree(&self, folder: &Path) -> Result<Arc<dyn ReadTree>, CommandError> {
        let tree = LocalTree::open(folder)
            .map_err(|error| CommandError::failed(format!("{}: {error}", folder.display())))?;
        Ok(Arc::new(tree))
    }

    /// A tree that holds `folder` and everything it may refer to, and the folder's path in it.
    ///
    /// # Errors
    /// When it is no folder.
    pub fn tree_around(&self, folder: &Path) -> Result<(Arc<dyn ReadTree>, String), CommandError> {
        let absolute = folder
            .canonicalize()
            .map_err(|error| CommandError::failed(format!("{}: {error}", folder.display())))?;
        let path = absolute.to_string_lossy().trim_start_matches('/').to_owned();
        Ok((self.local_tree(Path::new("/"))?, path))
    }

    /// A text about files in a tree from [`Self::tree_around`], with the paths below the working
    /// directory as the user would type them.
    pub fn shorten_paths(&self, text: &str) -> String {
        let Ok(here) = std::env::current_dir() else { return text.to_owned() };
        match here.to_string_lossy().trim_start_matches('/') {
            "" => text.to_owned(),
            here => text.replace(&format!("{here}/"), ""),
        }
    }

    /// Writes a file whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_file(&self, file: &Path, text: &str) -> Result<(), CommandError> {
        let failed = |error: io::Error| {
            CommandError::failed(format!("cannot write {}: {error}", file.display()))
        };
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".tiphys-partial");
        let partial = file.with_file_name(name);
        let written = fs::File::create(&partial)
            .and_then(|mut opened| {
                opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all())
            })
            .and_then(|()| fs::rename(&partial, file));
        if written.is_err() {
            drop(fs::remove_file(&partial));
        }
        written.map_err(failed)
    }

    /// Who runs this.
    pub fn identity(&self) -> Identity {
        Identity {
            username: self.environment.user.clone(),
            host: self.environment.host.clone(),
            pid: std::process::id(),
        }
    }

    /// The folder of `--local` as the files of a source: the folder is the root of a checkout,
    /// the source's path stays the same in it.
    ///
    /// # Errors
    /// When it is no folder, or the Application has several sources.
    pub fn local_source(
        &self,
        folder: Option<&Path>,
        application: &Application,
    ) -> Result<Option<refresh::LocalTree>, CommandError> {
        let Some(folder) = folder else { return Ok(None) };
        if application.has_multiple_sources() {
            return Err(CommandError::usage("--local needs an application with a single source"));
        }
        let tree = self.local_tree(folder)?;
        let wanted = application.sources().first().map_or("", |source| &source.path).to_owned();
        let is_root = matches!(tree.kind(&wanted), Ok(EntryKind::Directory));
        let path = if is_root { wanted } else { String::new() };
        Ok(Some(refresh::LocalTree { tree, path }))
    }

    /// The version of the API server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn server_version(&self) -> Result<String, CommandError> {
        Ok(self.connect().await?.server_version().await?)
    }

    /// What `admin install` would install, for a namespace.
    ///
    /// # Errors
    /// Never for the documents we ship.
    pub fn install_documents(
        &self,
        namespace: Option<&str>,
    ) -> Result<InstallDocuments, CommandError> {
        let objects = install::install_objects(namespace.unwrap_or(DEFAULT_NAMESPACE))?;
        let names = objects.iter().map(install::described).collect();
        Ok(InstallDocuments { text: to_yaml_documents(&objects), names })
    }

    /// Installs what is missing; one line per object.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub async fn install(&self, namespace: Option<&str>) -> Result<Vec<String>, CommandError> {
        let client = self.connect().await?;
        let options = install::InstallOptions {
            namespace: namespace.unwrap_or(DEFAULT_NAMESPACE).to_owned(),
            dry_run: DryRun::No,
        };
        let report = install::install(&*client, &*self.clock, &options).await?;
        let line =
            |object: &install::InstalledObject| format!("{} {}", object.name, object.outcome);
        Ok(report.objects.iter().map(line).collect())
    }

    async fn connect(&self) -> Result<Arc<ClusterClient>, CommandError> {
        let options = ConnectOptions {
            kubeconfig: self.global.kubeconfig.clone(),
            kubeconfig_env: self.environment.kubeconfig.clone(),
            home: self.environment.home.clone(),
            context: self.global.context.clone(),
            request_timeout: REQUEST_TIMEOUT,
            in_cluster: InCluster::Allowed,
            cache_dir: Some(self.environment.cache_dir.clone()),
        };
        Ok(Arc::new(ClusterClient::connect(&options).await?))
    }

    fn destinations(
        &self,
        client: &Arc<ClusterClient>,
        argocd: &Arc<ArgocdNamespace>,
    ) -> Arc<dyn Destinations> {
        Arc::new(KubeDestinations::new(
            Arc::clone(client),
            Arc::clone(argocd),
            REQUEST_TIMEOUT,
            Some(self.environment.cache_dir.clone()),
        ))
    }

    fn world(
        &self,
        client: Option<Arc<ClusterClient>>,
        destinations: Arc<dyn Destinations>,
        store: Arc<dyn Store>,
    ) -> World {
        let sources = Arc::new(GitSources::new(self.sources_config()));
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        World { ports: Ports { sources, destinations, store, clock }, client }
    }

    fn sources_config(&self) -> SourcesConfig {
        let git = &self.environment.git;
        SourcesConfig {
            cache_dir: self.environment.cache_dir.clone(),
            credentials: RepositoryCredentials {
                username: git.username.clone(),
                password: git.password.clone(),
                bearer_token: git.token.clone(),
                ssh_private_key: self.ssh_key(),
                ..RepositoryCredentials::default()
            },
            user_credentials: UserCredentials::Use,
            home_dir: self.environment.home.clone(),
            ssh_auth_sock: self.environment.ssh_auth_sock.clone(),
            interrupt: Arc::clone(&self.stop),
            network_timeout: GIT_TIMEOUT,
        }
    }

    /// The private key that the environment names; one that cannot be read is told, not fatal.
    fn ssh_key(&self) -> Secret {
        let Some(file) = &self.environment.git.ssh_key else { return Secret::default() };
        match self.read_file(&file.to_string_lossy()) {
            Ok(key) => Secret::new(key),
            Err(error) => {
                output::warning(&format!("TIPHYS_GIT_SSH_KEY: {}", error.cause));
                Secret::default()
            }
        }
    }
}

impl World {
    fn client(&self) -> Result<&ClusterClient, CommandError> {
        self.client.as_deref().ok_or_else(|| CommandError::from(no_cluster()))
    }

    /// Argo CD's namespace.
    ///
    /// # Errors
    /// When it is not clear which one it is.
    pub async fn argocd_namespace(&self) -> Result<String, CommandError> {
        Ok(self.ports.store.settings().await?.argocd_namespace.clone())
    }

    /// Namespace and name of the Application a reference means.
    ///
    /// # Errors
    /// When the reference names none, or two different namespaces.
    pub async fn application_name(
        &self,
        reference: &ApplicationReference,
    ) -> Result<ApplicationName, CommandError> {
        if self.ports.store.kind() == StoreKind::Files {
            let all = self.ports.store.applications(None, "").await?;
            let only = all.first().ok_or_else(|| CommandError::usage("the file is empty"))?;
            return in_namespace(only.name(), reference.app_namespace.as_deref());
        }
        let text = reference.name.as_deref().ok_or_else(unnamed)?;
        self.name_of(text, reference.app_namespace.as_deref()).await
    }

    /// Namespace and name behind `NAME` or `NAMESPACE/NAME`.
    ///
    /// # Errors
    /// When two different namespaces are given.
    pub async fn name_of(
        &self,
        text: &str,
        namespace: Option<&str>,
    ) -> Result<ApplicationName, CommandError> {
        match (text.split_once('/'), namespace) {
            (Some((given, name)), None) => Ok(ApplicationName::new(given, name)),
            (Some((given, name)), Some(flag)) if given == flag => {
                Ok(ApplicationName::new(given, name))
            }
            (Some(_), Some(flag)) => Err(CommandError::usage(format!(
                "{text} and --app-namespace {flag} name different namespaces"
            ))),
            (None, Some(flag)) => Ok(ApplicationName::new(flag, text)),
            (None, None) => Ok(ApplicationName::new(&self.argocd_namespace().await?, text)),
        }
    }

    /// A Secret, `None` when it is not there.
    ///
    /// # Errors
    /// When it may not be read.
    pub async fn secret(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ClusterSecret>, CommandError> {
        let found = self.client()?.get(&resources::secrets(), namespace, name).await?;
        Ok(found.map(ClusterSecret))
    }

    /// Gives an AppProject another spec.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub async fn replace_project_spec(&self, name: &str, spec: Node) -> Result<(), CommandError> {
        let mut operation = Node::mapping();
        operation.set(&["op"], "replace");
        operation.set(&["path"], "/spec");
        operation.set(&["value"], spec);
        let request = WriteRequest {
            resource: resources::app_projects(),
            namespace: self.argocd_namespace().await?,
            name: name.to_owned(),
            body: vec![operation].into(),
            verb: WriteVerb::JsonPatch,
            dry_run: DryRun::No,
            validation: FieldValidation::Warn,
            manager: "tiphys",
        };
        self.client()?.write(&request).await?;
        Ok(())
    }

    /// The user and context of the connection, for messages.
    pub fn user(&self) -> &str {
        self.client.as_ref().map_or("", |client| &client.kubeconfig_facts().user)
    }
}

fn unnamed() -> CommandError {
    CommandError::usage("name the application, or give a file with -f")
}

/// The name of a file's Application, if the namespace asked for is its own.
fn in_namespace(
    name: ApplicationName,
    wanted: Option<&str>,
) -> Result<ApplicationName, CommandError> {
    match wanted {
        Some(flag) if flag != name.namespace => Err(CommandError::usage(format!(
            "the file's application is '{name}', not one of --app-namespace {flag}"
        ))),
        _ => Ok(name),
    }
}

impl ClusterSecret {
    /// The decoded value under `key`, empty when it is missing.
    ///
    /// # Errors
    /// When the value is no base64 or no UTF-8.
    pub fn value(&self, key: &str) -> Result<Secret, CommandError> {
        let encoded = self.0.str_at(&["data", key]);
        let broken = || CommandError::failed(format!("Secret {}: {key} is broken", self.0.name()));
        let bytes = STANDARD.decode(encoded).map_err(|_| broken())?;
        Ok(Secret::new(String::from_utf8(bytes).map_err(|_| broken())?))
    }
}
