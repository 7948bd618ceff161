//! What `cargo xtask bench` compares the product with: axum with nothing around it, what people write by hand with
//! jsonwebtoken, and argon2 by itself. Nothing of the product is in this program.

mod answer;

use std::{
    error::Error,
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm as Argon2Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use clap::Parser;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::answer::{answer, constant};

type Failed = Box<dyn Error + Send + Sync>;

/// What the product is compared with.
#[derive(Parser)]
enum Bare {
    /// Answer on this address: `/json`, `/es256` with the token that `/token` gives.
    Serve { addr: SocketAddr },
    /// Hash passwords and print how many a second.
    Hash {
        #[arg(long)]
        memory_kib: u32,
        #[arg(long)]
        passes: u32,
        #[arg(long)]
        threads: usize,
        #[arg(long)]
        seconds: u64,
    },
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    match Bare::parse() {
        Bare::Serve { addr } => serve(addr).await,
        Bare::Hash { memory_kib, passes, threads, seconds } => {
            let params = Params::new(memory_kib, passes, 1, None)?;
            println!("{}", hashes_a_second(&params, threads, Duration::from_secs(seconds))?);
            Ok(())
        }
    }
}

async fn serve(addr: SocketAddr) -> Result<(), Failed> {
    let signer = Arc::new(Signer::new()?);
    let token = signer.token.clone();
    let router = Router::new()
        .route("/json", get(constant))
        .route("/token", get(|| async { token }))
        .route("/es256", get(verified).with_state(signer));
    axum::serve(TcpListener::bind(addr).await?, router).await?;
    Ok(())
}

const ISSUER: &str = "http://127.0.0.1";
const AUDIENCE: &str = "http://127.0.0.1/api";

/// The year 2100: no clock is asked here.
const NEVER: i64 = 4_102_444_800;

/// The claims of a token as the product mints it.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    role: String,
    exp: i64,
}

struct Signer {
    key: DecodingKey,
    validation: Validation,
    token: String,
}

impl Signer {
    fn new() -> Result<Self, Failed> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: "0199a1c2-7d3e-7f00-8a1b-2c3d4e5f6071".into(),
            sid: "0199a1c2-7d3e-7f00-8a1b-2c3d4e5f6072".into(),
            role: "user".into(),
            exp: NEVER,
        };
        let signing = EncodingKey::from_ec_der(pair.to_pkcs8v1()?.as_ref());
        let token = encode(&Header::new(Algorithm::ES256), &claims, &signing)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        Ok(Self { key: DecodingKey::from_ec_der(pair.public_key().as_ref()), validation, token })
    }
}

/// What people write by hand: the signature is verified each time, and nothing can be revoked.
async fn verified(State(signer): State<Arc<Signer>>, headers: HeaderMap) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    match decode::<Claims>(token, &signer.key, &signer.validation) {
        Ok(token) => answer(&token.claims.sub, &token.claims.sid).into_response(),
        Err(_) => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// With blocks that are used again, which is the quickest way.
fn hashes_a_second(params: &Params, threads: usize, time: Duration) -> Result<f64, Failed> {
    let start = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let params = params.clone();
            thread::spawn(move || hash_until(&params, start + time))
        })
        .collect();
    let mut hashes = 0;
    for worker in workers {
        hashes += worker.join().map_err(|_| "a thread panicked")??;
    }
    Ok(f64::from(hashes) / start.elapsed().as_secs_f64())
}

fn hash_until(params: &Params, end: Instant) -> Result<u32, argon2::Error> {
    let mut blocks = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Argon2Algorithm::Argon2id, Version::default(), params.clone());
    let mut hashes = 0;
    while Instant::now() < end {
        let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
        argon2.hash_password_into_with_memory(b"seven quiet rivers", b"sixteen of salt.", &mut output, &mut blocks)?;
        hashes += 1;
    }
    Ok(hashes)
}
