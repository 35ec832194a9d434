//! How bodies pass through the layer.

use http_body::Body;

use super::{RequestBody, ResponseBody};

/// Bodies of any type, which the layer wraps in its own.
#[derive(Debug, Clone, Copy)]
pub struct AnyBody {
    _private: (),
}

/// Bodies of axum, which stay what they are: one that has ended already is not touched, another is boxed once.
#[cfg(feature = "axum")]
#[derive(Debug, Clone, Copy)]
pub struct AxumBody {
    _private: (),
}

/// What the inner service gets as a request's body.
pub trait WrapRequest<B>: sealed::Sealed {
    /// The type of the body.
    type Body;

    /// Returns the body as the inner service gets it.
    fn wrap(body: RequestBody<B>) -> Self::Body;
}

/// What the server gets as a response's body.
pub trait WrapResponse<B>: sealed::Sealed {
    /// The type of the body.
    type Body;

    /// Returns the body as the server gets it.
    fn wrap(body: ResponseBody<B>) -> Self::Body;
}

impl<B> WrapRequest<B> for AnyBody {
    type Body = RequestBody<B>;

    fn wrap(body: RequestBody<B>) -> Self::Body {
        body
    }
}

impl<B: Body> WrapResponse<B> for AnyBody {
    type Body = ResponseBody<B>;

    fn wrap(body: ResponseBody<B>) -> Self::Body {
        body
    }
}

#[cfg(feature = "axum")]
impl WrapRequest<axum::body::Body> for AxumBody {
    type Body = axum::body::Body;

    fn wrap(body: RequestBody<axum::body::Body>) -> Self::Body {
        if body.is_counted() {
            axum::body::Body::new(body)
        } else {
            body.into_inner()
        }
    }
}

#[cfg(feature = "axum")]
impl WrapResponse<axum::body::Body> for AxumBody {
    type Body = axum::body::Body;

    fn wrap(body: ResponseBody<axum::body::Body>) -> Self::Body {
        if body.is_recorded() {
            body.into_inner()
        } else {
            axum::body::Body::new(body)
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "a seal is not for users")]
    pub trait Sealed {}

    impl Sealed for super::AnyBody {}

    #[cfg(feature = "axum")]
    impl Sealed for super::AxumBody {}
}
