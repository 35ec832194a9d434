//! How bodies pass through the layer.

use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;

use super::{RequestBody, ResponseBody, exchange::Exchange, request_body::ReadCount};

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

    /// Returns the request as the inner service gets it.
    #[doc(hidden)]
    fn wrap(request: Request<B>, read: Option<Arc<ReadCount>>) -> Request<Self::Body>;
}

/// What the server gets as a response's body.
pub trait WrapResponse<B>: sealed::Sealed {
    /// The type of the body.
    type Body;

    /// Returns the response as the server gets it; the exchange, if it is still there, ends with the body.
    #[doc(hidden)]
    fn wrap(response: Response<B>, exchange: &mut Option<Exchange>) -> Response<Self::Body>;
}

impl<B> WrapRequest<B> for AnyBody {
    type Body = RequestBody<B>;

    fn wrap(request: Request<B>, read: Option<Arc<ReadCount>>) -> Request<Self::Body> {
        request.map(|body| RequestBody::new(body, read))
    }
}

impl<B: Body> WrapResponse<B> for AnyBody {
    type Body = ResponseBody<B>;

    fn wrap(response: Response<B>, exchange: &mut Option<Exchange>) -> Response<Self::Body> {
        response.map(|body| ResponseBody::new(body, exchange.take()))
    }
}

#[cfg(feature = "axum")]
impl WrapRequest<axum::body::Body> for AxumBody {
    type Body = axum::body::Body;

    #[inline]
    fn wrap(request: Request<Self::Body>, read: Option<Arc<ReadCount>>) -> Request<Self::Body> {
        match read {
            None => request,
            Some(_) => request.map(|body| Self::Body::new(RequestBody::new(body, read))),
        }
    }
}

#[cfg(feature = "axum")]
impl WrapResponse<axum::body::Body> for AxumBody {
    type Body = axum::body::Body;

    #[inline]
    fn wrap(response: Response<Self::Body>, exchange: &mut Option<Exchange>) -> Response<Self::Body> {
        match exchange {
            None => response,
            Some(_) => response.map(|body| Self::Body::new(ResponseBody::new(body, exchange.take()))),
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
