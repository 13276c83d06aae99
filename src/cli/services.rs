//! `portreeve services`.

use super::connection::ClientFlags;
use super::edit::Patch;
use super::error::CliError;
use super::objects::{DeleteArgs, ListArgs, NameArgs, Noun, put, put_nullable};
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

const NOUN: Noun = Noun {
    word: "service",
    path: "services",
    columns: &["name", "token_ttl", "offline_tokens", "profile", "managed_by"],
};

/// Registries that tokens are issued for.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve services create registry.example.org --token-ttl 600")]
pub(super) struct Services {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List services
    #[command(after_help = "Example:\n  portreeve services list")]
    List(ListArgs),
    /// Show one service
    #[command(after_help = "Example:\n  portreeve services show registry")]
    Show(NameArgs),
    /// Create a service
    #[command(
        after_help = "Example:\n  portreeve services create \"Docker registry\" --profile distribution-3"
    )]
    Create(Write),
    /// Change a service
    #[command(after_help = "Example:\n  portreeve services update registry --token-ttl 600")]
    Update(Write),
    /// Delete a service: tokens are no longer issued for it
    #[command(after_help = "Example:\n  portreeve services delete registry.example.org")]
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
struct Write {
    /// Its name, which the registry calls `service`
    #[arg(value_name = "NAME")]
    object: String,
    /// How long clients may use a token, 60 to 3600 [default of new ones: 300]
    #[arg(long, value_name = "SECONDS")]
    token_ttl: Option<u32>,
    /// Whether people who log in get a refresh token [default of new ones: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    offline_tokens: Option<bool>,
    /// What verifies the tokens, for example distribution-3
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Mark of the tool that keeps it; an empty one removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

impl Write {
    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        put(&mut fields, "token_ttl", &self.token_ttl);
        put(&mut fields, "offline_tokens", &self.offline_tokens);
        put(&mut fields, "profile", &self.profile);
        put_nullable(&mut fields, "managed_by", &self.managed_by);
        fields
    }
}

pub(super) fn run(args: &Services) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(list) => NOUN.list(flags, list),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(write) => NOUN.create(flags, &write.object, write.fields()),
        Command::Update(write) => {
            NOUN.update(flags, &write.object, &Patch { fields: write.fields(), ..Patch::default() })
        }
        Command::Delete(delete) => NOUN.delete(flags, delete),
    }
}
