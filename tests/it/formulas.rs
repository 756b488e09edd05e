//! Closed forms of queueing theory, written from the textbooks, with the figures they are known by as their own tests.
//!
//! Notation: `lambda` arrivals per unit of time, `mu` services per unit of time, `c` servers, a = lambda/mu offered load,
//! rho = a/c. Sources: L. Kleinrock, "Queueing Systems", vol. 1 (1975), chapter 3; D. Gross and others, "Fundamentals of
//! Queueing Theory" (4th ed., 2008), chapter 2; P. Burke, "The output of a queuing system" (1956).

/// Erlang's loss formula B(c, a), by its recursion.
pub fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b))
}

/// Erlang's delay formula C(c, a): the probability that an arrival to M/M/c waits.
pub fn erlang_c(c: u32, a: f64) -> f64 {
    let (b, rho) = (erlang_b(c, a), a / f64::from(c));
    b / (1.0 - rho * (1.0 - b))
}

/// M/M/c, first come first served.
#[derive(Clone, Copy, Debug)]
pub struct Mmc {
    pub lambda: f64,
    pub mu: f64,
    pub c: u32,
}

impl Mmc {
    pub fn rho(&self) -> f64 {
        self.lambda / self.mu / f64::from(self.c)
    }

    fn waits(&self) -> f64 {
        erlang_c(self.c, self.lambda / self.mu)
    }

    /// Those who wait do so for an exponential time of this rate.
    fn drain(&self) -> f64 {
        f64::from(self.c) * self.mu - self.lambda
    }

    pub fn mean_wait(&self) -> f64 {
        self.waits() / self.drain()
    }

    pub fn mean_stay(&self) -> f64 {
        self.mean_wait() + 1.0 / self.mu
    }

    /// P(stay > t): service alone for those who do not wait, the sum of two exponentials for those who do.
    pub fn stays_longer(&self, t: f64) -> f64 {
        let (p, d, mu) = (self.waits(), self.drain(), self.mu);
        let both = if (d - mu).abs() < 1e-9 * mu {
            (1.0 + mu * t) * (-mu * t).exp()
        } else {
            (d * (-mu * t).exp() - mu * (-d * t).exp()) / (d - mu)
        };
        (1.0 - p) * (-mu * t).exp() + p * both
    }

    pub fn stay_quantile(&self, q: f64) -> f64 {
        invert(|t| self.stays_longer(t), 1.0 - q)
    }
}

/// M/M/1 with room for `k` in all, the one in service included.
#[derive(Clone, Copy, Debug)]
pub struct Mm1k {
    pub lambda: f64,
    pub mu: f64,
    pub k: u32,
}

impl Mm1k {
    /// Probability that `n` are present: proportional to rho^n.
    pub fn present(&self, n: u32) -> f64 {
        let rho: f64 = self.lambda / self.mu;
        let all: f64 = (0..=self.k).map(|i| rho.powi(i as i32)).sum();
        rho.powi(n as i32) / all
    }

    /// By PASTA, the share of arrivals that finds no room.
    pub fn blocked(&self) -> f64 {
        self.present(self.k)
    }

    pub fn mean_present(&self) -> f64 {
        (0..=self.k).map(|n| f64::from(n) * self.present(n)).sum()
    }

    /// By Little's law over those who get in.
    pub fn mean_stay(&self) -> f64 {
        self.mean_present() / (self.lambda * (1.0 - self.blocked()))
    }

    /// Who gets in and finds `n` stays for n + 1 exponential services (Erlang's distribution).
    pub fn stays_longer(&self, t: f64) -> f64 {
        let x = self.mu * t;
        let (mut sum, mut term, mut poisson) = (0.0, (-x).exp(), 0.0);
        for n in 0..self.k {
            poisson += term;
            term *= x / f64::from(n + 1);
            sum += self.present(n) / (1.0 - self.blocked()) * poisson;
        }
        sum
    }

    pub fn stay_quantile(&self, q: f64) -> f64 {
        invert(|t| self.stays_longer(t), 1.0 - q)
    }
}

/// Where a falling function from 1 to 0 takes the value `y`, by bisection.
fn invert(falling: impl Fn(f64) -> f64, y: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while falling(high) > y {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if falling(middle) > y { low = middle } else { high = middle }
    }
    high
}

#[test]
fn erlang_b_and_c_have_their_published_values() {
    for (c, a, b) in [(10, 8.0, 0.121661), (5, 3.0, 0.110054)] {
        assert!((erlang_b(c, a) - b).abs() < 5e-7, "B({c}, {a}) = {}", erlang_b(c, a));
    }
    for (c, a, p) in [(10, 8.0, 0.409180), (5, 3.0, 0.236152), (2, 1.6, 0.711111)] {
        assert!((erlang_c(c, a) - p).abs() < 5e-7, "C({c}, {a}) = {}", erlang_c(c, a));
    }
    let ten = Mmc { lambda: 8.0, mu: 1.0, c: 10 };
    assert!((ten.mean_wait() - 0.204590).abs() < 5e-7, "{}", ten.mean_wait());
}

/// With one server the stay is exponential with rate mu - lambda.
#[test]
fn one_server_is_the_simple_case() {
    let one = Mmc { lambda: 0.8, mu: 1.0, c: 1 };
    assert!((one.mean_stay() - 5.0).abs() < 1e-12);
    assert!((one.stay_quantile(0.99) - 100f64.ln() / 0.2).abs() < 1e-9);
    assert!((one.stays_longer(7.0) - (-0.2f64 * 7.0).exp()).abs() < 1e-12);
}

#[test]
fn a_bounded_queue_has_its_published_loss() {
    for (lambda, blocked) in [(0.9, 0.050814), (2.0, 0.500244)] {
        let queue = Mm1k { lambda, mu: 1.0, k: 10 };
        assert!((queue.blocked() - blocked).abs() < 5e-7, "{}", queue.blocked());
    }
    // Without a bound that matters it is M/M/1.
    let queue = Mm1k { lambda: 0.5, mu: 1.0, k: 200 };
    assert!((queue.mean_stay() - 2.0).abs() < 1e-9);
    assert!((queue.stay_quantile(0.99) - 100f64.ln() / 0.5).abs() < 1e-6);
}
