//! Which person id a matched set keeps, so that a person stays the same through every re-import. Pure.
//!
//! A set keeps the id of a person whose account it holds. When several could, the admin's link decides, then whose syncs are in
//! place, then the older person; when a person's accounts fall apart, the account on the primary platform takes the id along,
//! else one that the admin did not take out.

use crate::model::PersonId;

/// A set's right to a person's id, through one account. The order of the fields is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// False where the admin linked the account to the person: false comes first.
    pub not_linked: bool,
    /// False where syncs of the person are in place.
    pub without_syncs: bool,
    /// The person.
    pub person: PersonId,
    /// False where the account is on the person's primary platform.
    pub not_primary: bool,
    /// True where the admin took the account out of its person.
    pub taken_out: bool,
    /// The account: smaller is older.
    pub account: i64,
    /// The set, as an index.
    pub set: u32,
}

/// Gives ids to sets: the result holds for each of the `sets` the id it keeps.
pub fn keep_ids(sets: usize, mut claims: Vec<Claim>) -> Vec<Option<PersonId>> {
    claims.sort_unstable();
    let mut kept = vec![None; sets];
    let mut given = std::collections::HashSet::new();
    for claim in claims {
        let place = &mut kept[claim.set as usize];
        if place.is_none() && given.insert(claim.person) {
            *place = Some(claim.person);
        }
    }
    kept
}
