//! Prompts: which sentences describe a normal and an anomalous object, and their CLIP token ids.
//!
//! [`PromptSet`] holds state phrases and sentence templates (WinCLIP's compositional prompt ensemble, CVPR 2023,
//! section 4.1); [`tokenise`] turns a sentence into the ids that a CLIP text tower takes.

mod builtin;
mod clean;
mod entities;
mod mojibake;
mod set;
mod token;

pub use clean::clean;
pub use set::{PromptSet, Prompts};
pub use token::{CONTEXT, tokenise};
