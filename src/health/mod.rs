//! One judgement per kind: is this object doing its job?
