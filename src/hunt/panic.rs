//! Panics of the machine or the oracle: our own bugs, caught with their message and place so that the hunt can go on.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Calls a function; if it panics, the message and the place. Whatever the function was changing must not be used
/// afterwards.
///
/// # Errors
/// If it panics.
pub fn caught<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(listen);
    CATCHING.set(true);
    let result = catch_unwind(AssertUnwindSafe(function));
    CATCHING.set(false);
    result.map_err(|_| MESSAGE.take())
}

/// Keeps what the panics of [`caught`] say, instead of printing it for every candidate of a shrinker.
fn listen() {
    let usual = take_hook();
    set_hook(Box::new(move |info| {
        if CATCHING.get() {
            MESSAGE.set(info.to_string().replace('\n', " "));
        } else {
            usual(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_message_and_place() {
        assert_eq!(caught(|| 1), Ok(1));
        let message = caught(|| panic!("a broken rule")).map(|()| 0).unwrap_err();
        assert!(message.contains("a broken rule") && message.contains("panic.rs"), "{message}");
        assert_eq!(caught(|| 2), Ok(2));
    }
}
