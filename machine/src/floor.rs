//! How the machine's state is built: each floor is a struct that holds the floor below it.

/// Makes the fields and methods of the floor below available on a floor, as if they were its own.
macro_rules! stands_on {
    ($floor:ty, $below:ty) => {
        impl std::ops::Deref for $floor {
            type Target = $below;

            #[inline(always)]
            fn deref(&self) -> &$below {
                &self.below
            }
        }

        impl std::ops::DerefMut for $floor {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut $below {
                &mut self.below
            }
        }
    };
}

pub(crate) use stands_on;
