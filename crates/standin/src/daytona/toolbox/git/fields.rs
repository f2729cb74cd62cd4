//! What requests about repositories hold.

use axum::body::Body;

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::fields::Fields;

/// The fields of a body, in the words of these handlers.
pub(super) struct GitFields {
    fields: Fields,
}

impl GitFields {
    /// Reads a body.
    pub(super) async fn read(of: &'static str, body: Body) -> Result<Self, ToolError> {
        let fields = Fields::read(of, body).await.map_err(|text| wrong(&text))?;
        Ok(Self { fields })
    }

    /// A text that must be there; `field` is its name in the texts of errors.
    pub(super) fn required(&self, name: &str, field: &str) -> Result<String, ToolError> {
        let text = self
            .fields
            .required(name, field)
            .map_err(|text| wrong(&text))?;
        no_nul(name, text)
    }

    /// A text; empty when it is not there.
    pub(super) fn text(&self, name: &str) -> Result<String, ToolError> {
        no_nul(name, self.fields.text(name).map_err(|text| wrong(&text))?)
    }

    /// A name of a branch, remote or revision, which must not look like an option of git.
    pub(super) fn name(&self, name: &str) -> Result<String, ToolError> {
        let text = self.text(name)?;
        if text.starts_with('-') {
            return Err(ToolError::bad(format!("invalid {name}: {text:?}")));
        }
        Ok(text)
    }

    /// Yes or no, if it is there.
    pub(super) fn choice(&self, name: &str) -> Result<Option<bool>, ToolError> {
        self.fields.choice(name).map_err(|text| wrong(&text))
    }

    /// Yes or no; no when it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool, ToolError> {
        self.fields.flag(name).map_err(|text| wrong(&text))
    }

    /// A number, if it is there.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, ToolError> {
        self.fields.number(name).map_err(|text| wrong(&text))
    }

    /// A list of texts.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, ToolError> {
        let texts = self.fields.list(name).map_err(|text| wrong(&text))?;
        texts.into_iter().map(|text| no_nul(name, text)).collect()
    }
}

fn wrong(text: &str) -> ToolError {
    ToolError::body(format!("invalid request body: {text}"))
}

/// No argument of a program can hold a NUL.
fn no_nul(name: &str, text: String) -> Result<String, ToolError> {
    if text.contains('\0') {
        return Err(ToolError::bad(format!("{name} must not contain NUL")));
    }
    Ok(text)
}
