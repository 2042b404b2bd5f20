//! `store CALL [WORD]...`: one call of the Rust SDK. Takes JSON or text on standard input, prints JSON.
use runbeam_sdk::{
    clear_machine_token, load_machine_token, load_token, save_machine_token, save_token, save_token_with_key,
    validate_jwt_token, JwtValidationOptions, MachineToken, RunbeamClient, UserToken,
};
use serde_json::{json, Value};
use std::error::Error;
use std::io::Read;

type Outcome = Result<Value, Box<dyn Error>>;

/// The secret of the call: it never stands in the arguments.
fn input() -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

async fn tokens(call: &str, instance: &str) -> Outcome {
    match call {
        "save" => save_machine_token(instance, &serde_json::from_str(&input()?)?).await?,
        "save-with-key" => {
            let given: Value = serde_json::from_str(&input()?)?;
            let token: MachineToken = serde_json::from_value(given["token"].clone())?;
            save_token_with_key(instance, &token, given["key"].as_str().unwrap_or_default()).await?;
        }
        "save-user" => save_token(instance, "user_auth", &serde_json::from_str::<UserToken>(&input()?)?).await?,
        "clear" => clear_machine_token(instance).await?,
        "load-user" => return Ok(serde_json::to_value(load_token::<UserToken>(instance, "user_auth").await?)?),
        // Loaded over and over while somebody else saves: the whole token each time, or the text of the error.
        "load-often" => {
            let mut errors = Vec::new();
            for _ in 0..200 {
                match load_machine_token(instance).await {
                    Ok(Some(_)) => {}
                    Ok(None) => errors.push("none".to_string()),
                    Err(error) => errors.push(error.to_string()),
                }
            }
            return Ok(json!(errors));
        }
        _ => {
            let token = load_machine_token(instance).await?;
            let valid = token.as_ref().map(MachineToken::is_valid);
            return Ok(json!({ "token": token, "valid": valid }));
        }
    }
    Ok(Value::Null)
}

/// What the SDK makes of the answers of a Runbeam Cloud. The token is on standard input.
async fn cloud(base: &str, call: &str, word: &str) -> Outcome {
    let token = input()?;
    let client = RunbeamClient::new(base);
    Ok(match call {
        "base-url" => serde_json::to_value(client.get_base_url(token).await?)?,
        "gateways" => serde_json::to_value(client.list_gateways(token).await?.data)?,
        "gateway" => serde_json::to_value(client.get_gateway(token, word).await?.data)?,
        "services" => serde_json::to_value(client.list_services(token).await?.data)?,
        "changes" => serde_json::to_value(client.list_changes_for_gateway(token, word).await?.data)?,
        "acknowledge" => serde_json::to_value(client.acknowledge_changes(token, vec![word.to_string()]).await?)?,
        "applied" => serde_json::to_value(client.mark_change_applied(token, word).await?)?,
        "resolve" => serde_json::to_value(client.resolve_reference(token, word).await?.data)?,
        _ => serde_json::to_value(client.authorize_gateway(token, word, None, None).await?)?,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let answer = match word(0) {
        "cloud" => cloud(word(1), word(2), word(3)).await?,
        "verify" => {
            let claims = validate_jwt_token(input()?.trim(), &JwtValidationOptions::default()).await?;
            json!({ "subject": claims.sub, "issuer": claims.iss })
        }
        call => tokens(call, word(1)).await?,
    };
    println!("{answer}");
    Ok(())
}
