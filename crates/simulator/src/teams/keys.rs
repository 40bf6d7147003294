//! The key with which id tokens are signed, and what clients need to check them. One key for the whole process, made
//! when first needed: making one takes longer than most tests.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

struct Key {
    pair: KeyPair,
    id: String,
    modulus: String,
    exponent: String,
}

/// No key could be made or used: the machine has no randomness to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoKey;

static KEY: OnceLock<Result<Key, NoKey>> = OnceLock::new();

fn key() -> Result<&'static Key, NoKey> {
    KEY.get_or_init(make).as_ref().map_err(|trouble| *trouble)
}

fn make() -> Result<Key, NoKey> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| NoKey)?;
    let modulus = URL_SAFE_NO_PAD.encode(pair.public_key().modulus().big_endian_without_leading_zero());
    let exponent = URL_SAFE_NO_PAD.encode(pair.public_key().exponent().big_endian_without_leading_zero());
    let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(modulus.as_bytes())[..20]);
    Ok(Key { pair, id, modulus, exponent })
}

/// The public half, as a JWK set.
pub(super) fn public(issuer: &str) -> Result<Value, NoKey> {
    let key = key()?;
    Ok(
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id, "n": key.modulus, "e": key.exponent, "issuer": issuer }] }),
    )
}

/// `claims` as a signed JWT.
pub(super) fn sign(claims: &Value) -> Result<String, NoKey> {
    let key = key()?;
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.id });
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; key.pair.public_modulus_len()];
    key.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).map_err(|_| NoKey)?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn what_is_signed_can_be_checked_with_the_published_key() {
        let token = sign(&json!({ "sub": "x" })).unwrap();
        let set = public("i").unwrap();
        let part = |name: &str| URL_SAFE_NO_PAD.decode(set["keys"][0][name].as_str().unwrap()).unwrap();
        let (text, signature) = token.rsplit_once('.').unwrap();
        let published = RsaPublicKeyComponents { n: part("n"), e: part("e") };
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(published.verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), &signature).is_ok());
        assert!(published.verify(&RSA_PKCS1_2048_8192_SHA256, b"another text", &signature).is_err());
    }
}
