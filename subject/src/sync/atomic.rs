//! Drop-in for `std::sync::atomic`: before each access another task can run.

use crate::coroutine::preempt;
use std::sync::atomic as real;

pub use std::sync::atomic::Ordering;

/// A fence: a place where another task can run.
#[inline]
pub fn fence(order: Ordering) {
    preempt();
    real::fence(order);
}

macro_rules! atomics {
    ($($name:ident $of:ty $(, $arithmetic:ident)?;)*) => { $(
        /// The atomic of that name, whose accesses are places where another task can run.
        #[derive(Debug, Default)]
        pub struct $name(real::$name);

        impl $name {
            /// An atomic with this value.
            #[must_use]
            pub const fn new(value: $of) -> Self {
                Self(real::$name::new(value))
            }

            /// Its value.
            #[must_use]
            pub fn load(&self, order: Ordering) -> $of {
                preempt();
                self.0.load(order)
            }

            /// Gives it this value.
            pub fn store(&self, value: $of, order: Ordering) {
                preempt();
                self.0.store(value, order);
            }

            /// Gives it this value; what it was.
            pub fn swap(&self, value: $of, order: Ordering) -> $of {
                preempt();
                self.0.swap(value, order)
            }

            /// Gives it this value if it has that one.
            ///
            /// # Errors
            /// What it has, if it is another.
            pub fn compare_exchange(&self, current: $of, new: $of, success: Ordering, failure: Ordering)
                -> Result<$of, $of> {
                preempt();
                self.0.compare_exchange(current, new, success, failure)
            }

            /// The same: it never fails without a reason.
            ///
            /// # Errors
            /// What it has, if it is another.
            pub fn compare_exchange_weak(&self, current: $of, new: $of, success: Ordering, failure: Ordering)
                -> Result<$of, $of> {
                self.compare_exchange(current, new, success, failure)
            }

            /// What is in it.
            pub fn get_mut(&mut self) -> &mut $of {
                self.0.get_mut()
            }

            /// What is in it.
            #[must_use]
            pub fn into_inner(self) -> $of {
                self.0.into_inner()
            }

            /// Ands it; what it was.
            pub fn fetch_and(&self, value: $of, order: Ordering) -> $of {
                preempt();
                self.0.fetch_and(value, order)
            }

            /// Ors it; what it was.
            pub fn fetch_or(&self, value: $of, order: Ordering) -> $of {
                preempt();
                self.0.fetch_or(value, order)
            }
            $(atomics!(@ $arithmetic $of);)?
        }
    )* };
    (@ arithmetic $of:ty) => {
        /// Adds to it; what it was.
        pub fn fetch_add(&self, value: $of, order: Ordering) -> $of {
            preempt();
            self.0.fetch_add(value, order)
        }

        /// Subtracts from it; what it was.
        pub fn fetch_sub(&self, value: $of, order: Ordering) -> $of {
            preempt();
            self.0.fetch_sub(value, order)
        }

        /// The greater of the two; what it was.
        pub fn fetch_max(&self, value: $of, order: Ordering) -> $of {
            preempt();
            self.0.fetch_max(value, order)
        }

        /// The smaller of the two; what it was.
        pub fn fetch_min(&self, value: $of, order: Ordering) -> $of {
            preempt();
            self.0.fetch_min(value, order)
        }
    };
}

atomics! {
    AtomicBool bool;
    AtomicU8 u8, arithmetic;
    AtomicU16 u16, arithmetic;
    AtomicU32 u32, arithmetic;
    AtomicU64 u64, arithmetic;
    AtomicUsize usize, arithmetic;
    AtomicI32 i32, arithmetic;
    AtomicI64 i64, arithmetic;
    AtomicIsize isize, arithmetic;
}
