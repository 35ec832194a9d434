//! A bridge from the blocking kit to async tests.

use std::pin::Pin;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

/// Runs a blocking function on a thread of its own and returns a future of its result; works on every runtime.
///
/// Needed where the awaiting test's own runtime has to go on working meanwhile, for example to answer the scrapes that the function
/// waits for.
///
/// # Panics
/// The future panics if the function panicked.
///
/// # Examples
/// ```
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop { if let std::task::Poll::Ready(out) = future.as_mut().poll(&mut context) { return out } }
/// # }
/// assert_eq!(block_on(vmotel_testkit::off_thread(|| 6 * 7)), 42);
/// ```
#[must_use = "the result comes through the future"]
pub fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send {
    let (sender, receiver) = channel();
    let waker = Arc::new(Mutex::new(None::<Waker>));
    let theirs = Arc::clone(&waker);
    thread::spawn(move || {
        // Dropped last, also when the work panics: the future must be woken then too.
        let _wake = WakeOnDrop(theirs);
        let sender = sender;
        let _ = sender.send(work());
    });
    OffThread {
        receiver: Mutex::new(receiver),
        waker,
    }
}

struct OffThread<T> {
    receiver: Mutex<Receiver<T>>,
    waker: Arc<Mutex<Option<Waker>>>,
}

struct WakeOnDrop(Arc<Mutex<Option<Waker>>>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        if let Some(waker) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }
}

impl<T> Future for OffThread<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // First the waker, then the look: a result that comes in between wakes us.
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        match self
            .receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .try_recv()
        {
            Ok(result) => Poll::Ready(result),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => panic!("the work on the other thread panicked"),
        }
    }
}
