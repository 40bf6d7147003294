//! The part of OData's `$filter` that Graph takes, as a tree that can be asked about one object at a time. Knows no
//! resource: properties are looked up by name.

use serde_json::Value;

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    /// `path eq value`
    Compare {
        path: String,
        operator: Operator,
        value: Value,
    },
    /// `path in (a, b)`
    In {
        path: String,
        values: Vec<Value>,
    },
    /// `startswith(path, 'text')`
    Call {
        function: Function,
        path: String,
        text: String,
    },
    /// `path/any(x:…)`
    Any {
        path: String,
        variable: String,
        inner: Box<Filter>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

/// How a property of the object is looked up.
pub(super) type LookUp<'a> = dyn Fn(&str) -> Value + 'a;

impl Filter {
    /// Whether the object has what the filter asks for. Text is compared without regard to case, as Graph does.
    pub(super) fn matches(&self, look_up: &LookUp<'_>) -> bool {
        match self {
            Self::And(one, other) => one.matches(look_up) && other.matches(look_up),
            Self::Or(one, other) => one.matches(look_up) || other.matches(look_up),
            Self::Not(inner) => !inner.matches(look_up),
            Self::Compare { path, operator, value } => compare(&resolve(path, look_up), *operator, value),
            Self::In { path, values } => {
                let held = resolve(path, look_up);
                values.iter().any(|value| compare(&held, Operator::Eq, value))
            }
            Self::Call { function, path, text } => resolve(path, look_up).as_str().is_some_and(|held| {
                let (held, text) = (held.to_lowercase(), text.to_lowercase());
                match function {
                    Function::StartsWith => held.starts_with(&text),
                    Function::EndsWith => held.ends_with(&text),
                    Function::Contains => held.contains(&text),
                }
            }),
            Self::Any { path, variable, inner } => {
                let held = resolve(path, look_up);
                held.as_array().is_some_and(|items| {
                    items.iter().any(|item| inner.matches(&|name| if name == variable { item.clone() } else { Value::Null }))
                })
            }
        }
    }

    /// Names of the object's properties that the filter uses.
    pub(super) fn properties(&self) -> Vec<&str> {
        match self {
            Self::And(one, other) | Self::Or(one, other) => one.properties().into_iter().chain(other.properties()).collect(),
            Self::Not(inner) => inner.properties(),
            Self::Compare { path, .. } | Self::In { path, .. } | Self::Call { path, .. } | Self::Any { path, .. } => vec![first(path)],
        }
    }

    /// Whether Graph takes it as an advanced query only: `ne`, `not`, `endswith`.
    pub(super) fn is_advanced(&self) -> bool {
        match self {
            Self::And(one, other) | Self::Or(one, other) => one.is_advanced() || other.is_advanced(),
            Self::Not(_) => true,
            Self::Compare { operator, .. } => *operator == Operator::Ne,
            Self::In { .. } => false,
            Self::Call { function, .. } => *function != Function::StartsWith,
            Self::Any { inner, .. } => inner.is_advanced(),
        }
    }
}

/// The path without a type cast in front.
fn uncast(path: &str) -> &str {
    path.strip_prefix("microsoft.graph.").and_then(|rest| rest.split_once('/')).map_or(path, |(_, rest)| rest)
}

fn first(path: &str) -> &str {
    let path = uncast(path);
    path.split_once('/').map_or(path, |(name, _)| name)
}

fn resolve(path: &str, look_up: &LookUp<'_>) -> Value {
    let mut names = uncast(path).split('/');
    let start = look_up(names.next().unwrap_or_default());
    names.fold(start, |value, name| value.get(name).cloned().unwrap_or(Value::Null))
}

fn compare(held: &Value, operator: Operator, wanted: &Value) -> bool {
    use std::cmp::Ordering;
    let order = match (held, wanted) {
        (Value::String(held), Value::String(wanted)) => match (held.parse::<jiff::Timestamp>(), wanted.parse::<jiff::Timestamp>()) {
            (Ok(held), Ok(wanted)) => Some(held.cmp(&wanted)),
            _ => Some(held.to_lowercase().cmp(&wanted.to_lowercase())),
        },
        (Value::Number(held), Value::Number(wanted)) => held.as_f64().partial_cmp(&wanted.as_f64()),
        (held, wanted) if held == wanted => Some(Ordering::Equal),
        _ => None,
    };
    match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Ne => order != Some(Ordering::Equal),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

/// Reads a filter; `Err` says where it ends to make sense.
pub(super) fn parse(text: &str) -> Result<Filter, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens };
    let filter = parser.or()?;
    if parser.tokens.is_empty() { Ok(filter) } else { Err("Syntax error: more follows than a filter.".to_owned()) }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            ' ' => {}
            '(' | ')' | ',' | ':' => tokens.push(Token::Mark(next)),
            '\'' => {
                let mut inside = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.next_if_eq(&'\'').is_some() => inside.push('\''),
                        Some('\'') => break,
                        Some(letter) => inside.push(letter),
                        None => return Err("Syntax error: there is an unterminated string literal.".to_owned()),
                    }
                }
                tokens.push(Token::Text(inside));
            }
            letter if letter.is_alphanumeric() || letter == '_' || letter == '-' => {
                let mut word = String::from(letter);
                // Only a date has colons inside; after a name the colon belongs to `any(x:…)`.
                let date = letter.is_ascii_digit();
                while let Some(more) = rest.next_if(|more| more.is_alphanumeric() || "_-./+".contains(*more) || date && *more == ':') {
                    word.push(more);
                }
                tokens.push(Token::Word(word));
            }
            other => return Err(format!("Syntax error: character '{other}' is not valid.")),
        }
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
}

impl Parser<'_> {
    fn take(&mut self) -> Result<Token, String> {
        let (token, rest) = self.tokens.split_first().ok_or("Syntax error: the filter ends too early.")?;
        self.tokens = rest;
        Ok(token.clone())
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(word)) if word == wanted);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn mark(&mut self, wanted: char) -> Result<(), String> {
        if self.take()? == Token::Mark(wanted) { Ok(()) } else { Err(format!("Syntax error: '{wanted}' expected.")) }
    }

    fn or(&mut self) -> Result<Filter, String> {
        let mut filter = self.and()?;
        while self.word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.and()?));
        }
        Ok(filter)
    }

    fn and(&mut self) -> Result<Filter, String> {
        let mut filter = self.one()?;
        while self.word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, String> {
        if self.word("not") {
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        match self.take()? {
            Token::Mark('(') => {
                let inner = self.or()?;
                self.mark(')')?;
                Ok(inner)
            }
            Token::Word(word) => self.clause(word),
            _ => Err("Syntax error: a property or function expected.".to_owned()),
        }
    }

    fn clause(&mut self, word: String) -> Result<Filter, String> {
        if self.tokens.first() == Some(&Token::Mark('(')) {
            return self.function(&word);
        }
        let Token::Word(operator) = self.take()? else { return Err("Syntax error: an operator expected.".to_owned()) };
        let operator = match operator.as_str() {
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            "in" => return self.list(word),
            other => return Err(format!("Syntax error: '{other}' is not an operator.")),
        };
        Ok(Filter::Compare { path: word, operator, value: self.literal()? })
    }

    fn list(&mut self, path: String) -> Result<Filter, String> {
        self.mark('(')?;
        let mut values = vec![self.literal()?];
        loop {
            match self.take()? {
                Token::Mark(',') => values.push(self.literal()?),
                Token::Mark(')') => return Ok(Filter::In { path, values }),
                _ => return Err("Syntax error: ',' or ')' expected.".to_owned()),
            }
        }
    }

    fn function(&mut self, word: &str) -> Result<Filter, String> {
        self.mark('(')?;
        if let Some((path, name)) = word.rsplit_once('/')
            && name.eq_ignore_ascii_case("any")
        {
            let Token::Word(variable) = self.take()? else { return Err("Syntax error: a variable expected.".to_owned()) };
            self.mark(':')?;
            let inner = self.or()?;
            self.mark(')')?;
            return Ok(Filter::Any { path: path.to_owned(), variable, inner: Box::new(inner) });
        }
        let function = match word.to_ascii_lowercase().as_str() {
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            "contains" => Function::Contains,
            _ => return Err(format!("An unknown function with name '{word}' was found.")),
        };
        let Token::Word(path) = self.take()? else { return Err("Syntax error: a property expected.".to_owned()) };
        self.mark(',')?;
        let Token::Text(text) = self.take()? else { return Err("Syntax error: a string expected.".to_owned()) };
        self.mark(')')?;
        Ok(Filter::Call { function, path, text })
    }

    fn literal(&mut self) -> Result<Value, String> {
        match self.take()? {
            Token::Text(text) => Ok(Value::String(text)),
            Token::Word(word) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                // A number, a date or a GUID; anything else would be a property, which has no place here.
                _ if word.parse::<i64>().is_ok() => word.parse::<i64>().map_or(Value::Null, Value::from),
                _ if word.parse::<jiff::Timestamp>().is_ok() || word.parse::<uuid::Uuid>().is_ok() => Value::String(word),
                _ => return Err(format!("Invalid filter clause: '{word}' is not a value.")),
            }),
            Token::Mark(_) => Err("Syntax error: a value expected.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_mean_what_graph_says() {
        let user = json!({
            "mail": "Ann.O'Hara@harborpine.example", "userType": "Member", "accountEnabled": true, "createdDateTime": "2024-03-04T09:00:00Z",
            "proxyAddresses": ["SMTP:ann@x.example", "smtp:a@x.example"], "assignedPlans": [{ "service": "TeamspaceAPI", "capabilityStatus": "Enabled" }], "department": null,
        });
        for (filter, expected) in [
            ("mail eq 'ann.o''hara@HARBORPINE.example'", true),
            ("startswith(mail,'ann.') and userType eq 'Member'", true),
            ("startsWith(mail, 'bob') or (accountEnabled eq true)", true),
            ("mail in ('x@y', 'ANN.O''HARA@harborpine.example')", true),
            ("proxyAddresses/any(x:x eq 'smtp:A@x.example')", true),
            ("proxyAddresses/any(p:startswith(p,'smtp:b'))", false),
            ("assignedPlans/any(p:p/service eq 'TeamspaceAPI' and p/capabilityStatus eq 'Enabled')", true),
            ("createdDateTime ge 2024-03-04T09:00:00Z", true),
            ("createdDateTime lt 2024-03-04T09:00:00Z", false),
            ("department eq null", true),
            ("not(userType eq 'Guest')", true),
            ("userType ne 'Member'", false),
            ("microsoft.graph.aadUserConversationMember/mail eq 'x'", false),
            ("mail eq 'x' or mail eq 'y' and userType eq 'Member'", false),
        ] {
            assert_eq!(parse(filter).unwrap().matches(&|name| user[name].clone()), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for wrong in [
            "",
            "mail",
            "mail eq",
            "mail eq 'x",
            "mail like 'x'",
            "(mail eq 'x'",
            "mail eq 'x' mail eq 'y'",
            "length(mail) eq 3",
            "mail eq other",
            "mail == 'x'",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_negations_and_endings_are_advanced() {
        for (filter, expected) in [
            ("mail eq 'x'", false),
            ("mail ne 'x'", true),
            ("endswith(mail,'x')", true),
            ("startswith(mail,'x') and not(mail eq 'y')", true),
        ] {
            assert_eq!(parse(filter).unwrap().is_advanced(), expected, "{filter}");
        }
    }
}
