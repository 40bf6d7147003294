//! Linking and unlinking accounts by hand. Both survive every re-import.
//!
//! A link makes the person's accounts a fixed point of matching: all that are in use stay together, whatever addresses say.
//! Unlinking takes one account out of matching for good; linking it again brings it back.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::error::{Error, Kind, Remedy, Result};
use crate::model::{Act, PersonId, PlatformId, case_fold};
use crate::store::accounts::{self, AccountRow};
use crate::store::columns::word;
use crate::store::history::{self, Deed};
use crate::store::{conflicts, people};

use super::settle::{Settled, settle_now};

/// Makes an account a person's, and settles.
///
/// Errors: `Kind::Conflict` when the person has another account on that platform.
pub fn link(transaction: &Transaction<'_>, person: PersonId, account: AccountRow, now: Timestamp) -> Result<Settled> {
    people::primary_of(transaction, person)?;
    let (platform, kind): (PlatformId, String) = transaction
        .prepare_cached("SELECT platform, kind FROM accounts WHERE row = ?1 AND NOT gone")?
        .query_row([account], |row| Ok((word(row, 0)?, row.get(1)?)))
        .optional()?
        .ok_or_else(|| no_account(&account.to_string()))?;
    if kind == "foreign" || kind == "bot" {
        return Err(
            Error::invalid("link", "Only members and guests of your own company can be linked.", "Choose another account.").on(platform)
        );
    }
    let mut statement = transaction.prepare_cached(
        "SELECT row, platform, active AND kind IN ('member', 'guest') OR EXISTS (SELECT 1 FROM links WHERE links.account = row AND links.person = ?1)
         FROM members JOIN accounts ON row = members.account WHERE members.person = ?1 AND NOT gone AND row <> ?2",
    )?;
    let others: Vec<(AccountRow, PlatformId, bool)> =
        statement.query_map([person.0, account], |row| Ok((row.get(0)?, word(row, 1)?, row.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
    if others.iter().any(|(_, other, fixed)| *fixed && *other == platform) {
        return Err(Error::new(Kind::Conflict, "link", format!("{person} already has an account on {platform}."))
            .on(platform)
            .remedy(Remedy::FixInput { what: "Unlink that account first.".into() }));
    }
    for row in others.iter().filter(|(_, _, fixed)| *fixed).map(|(row, _, _)| *row).chain([account]) {
        transaction.prepare_cached("INSERT OR REPLACE INTO links (account, person) VALUES (?1, ?2)")?.execute([row, person.0])?;
    }
    if let Some(before) = owner(transaction, account)?.filter(|before| *before != person) {
        history::decided(transaction, Deed::Unlink, before, Some(platform), now)?;
    }
    history::decided(transaction, Deed::Link, person, Some(platform), now)?;
    settle_now(transaction)
}

/// Takes an account out of its person, for good, and settles.
pub fn unlink(transaction: &Transaction<'_>, account: AccountRow, now: Timestamp) -> Result<Settled> {
    take_out(transaction, account, Deed::Unlink, now)?;
    settle_now(transaction)
}

/// Lets every account of a conflict stand alone for good, and settles. Errors: `Kind::NotFound` when it is decided already.
pub fn keep_apart(transaction: &Transaction<'_>, conflict: &str, now: Timestamp) -> Result<Settled> {
    let number = conflict.strip_prefix('c').and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let disputed = conflicts::accounts(transaction, number)?;
    if disputed.is_empty() {
        return Err(Error::not_found(
            "conflict",
            format!("There is no conflict `{conflict}` any more."),
            "Look at the conflicts that are left.",
        )
        .act(Act::Conflicts));
    }
    for account in disputed {
        take_out(transaction, account, Deed::Apart, now)?;
    }
    settle_now(transaction)
}

fn take_out(transaction: &Transaction<'_>, account: AccountRow, deed: Deed, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("INSERT OR REPLACE INTO links (account, person) VALUES (?1, NULL)")?.execute([account])?;
    match owner(transaction, account)? {
        Some(owner) => history::decided(transaction, deed, owner, accounts::platform_of(transaction, account)?, now),
        None => Ok(()),
    }
}

/// Whose an account is. `members` has no index by account: this looks through all of them, as settling does.
fn owner(connection: &Connection, account: AccountRow) -> Result<Option<PersonId>> {
    let mut statement = connection.prepare_cached("SELECT person FROM members WHERE account = ?1")?;
    Ok(statement.query_row([account], |row| Ok(PersonId(row.get(0)?))).optional()?)
}

/// Finds an account by its platform and id. Errors: `Kind::NotFound`.
pub fn account(connection: &Connection, platform: PlatformId, id: &str) -> Result<AccountRow> {
    let mut statement =
        connection.prepare_cached("SELECT row FROM accounts WHERE platform = ?1 AND id = ?2 AND NOT gone AND kind <> 'bot'")?;
    let found = statement.query_row([platform.as_str(), id], |row| row.get(0)).optional()?;
    found.ok_or_else(|| no_account(id).on(platform))
}

/// Finds an account by `platform:id`, by id or by address.
///
/// Errors: `Kind::NotFound`; `Kind::Conflict` listing the candidates when several fit.
pub fn find_account(connection: &Connection, text: &str) -> Result<AccountRow> {
    let text = text.trim();
    let (platform, id) = match text.split_once(':') {
        Some((platform, id)) if platform.parse::<PlatformId>().is_ok() => (Some(platform), id),
        _ => (None, text),
    };
    let mut found: Vec<(AccountRow, String)> = Vec::new();
    let mut note = |row: AccountRow, of: &str, id: &str, name: &str| {
        if platform.is_none_or(|wanted| wanted == of) && found.iter().all(|(known, _)| *known != row) {
            found.push((row, format!("{of}:{id} ({name})")));
        }
    };
    let mut statement = connection.prepare_cached(
        "SELECT row, platform, name FROM accounts WHERE platform IN (SELECT platform FROM imports) AND id = ?1 AND NOT gone AND kind <> 'bot'",
    )?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        note(row.get(0)?, &row.get::<_, String>(1)?, id, &row.get::<_, String>(2)?);
    }
    let address = case_fold(id);
    for person in people::with_words_of(connection, &address)? {
        for (row, account) in accounts::rows_of_person(connection, person)?.iter().filter(|(_, account)| account.has_address(&address)) {
            note(*row, account.platform.as_str(), &account.id, &account.name);
        }
    }
    match found.as_slice() {
        [] => Err(no_account(text)),
        [(row, _)] => Ok(*row),
        several => {
            let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
            Err(Error::new(Kind::Conflict, "account", format!("`{text}` fits several accounts: {}.", names.join(", ")))
                .remedy(Remedy::FixInput { what: "Name one of them as platform:id.".into() }))
        }
    }
}

fn no_account(text: &str) -> Error {
    Error::not_found("account", format!("There is no account `{text}`."), "Look it up among the accounts of the person.")
}
