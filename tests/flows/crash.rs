//! Placeholder text for now.
