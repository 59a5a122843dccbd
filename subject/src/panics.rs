//! Panics of a subject: caught with what they say and where, instead of printed for every case of a search.

use std::cell::{Cell, RefCell};
use std::panic::{set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static LISTENING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Calls a function whose panics are kept, and not printed.
pub(crate) fn listening<T>(function: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(listen);
    LISTENING.set(true);
    // Also set back when a panic goes through here.
    struct Deaf;
    impl Drop for Deaf {
        fn drop(&mut self) {
            LISTENING.set(false);
        }
    }
    let _deaf = Deaf;
    function()
}

/// What the last panic said, and where.
pub(crate) fn message() -> String {
    MESSAGE.take()
}

fn listen() {
    let usual = take_hook();
    set_hook(Box::new(move |info| {
        if !LISTENING.get() {
            return usual(info);
        }
        let payload = info.payload();
        let what = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        let what = what.unwrap_or("it says nothing").replace('\n', " ");
        let place = info.location().map_or_else(String::new, |it| format!("{}:{}: ", it.file(), it.line()));
        MESSAGE.set(format!("{place}{what}"));
    }));
}
