//! One fetch for all who ask for the same log at the same time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Tells what came of a fetch once it is over; closed without a value if it fell over.
pub(super) type Flight<T> = watch::Receiver<Option<T>>;

/// The fetches that are under way, by what they fetch.
pub(super) struct Flights<T>(Arc<Mutex<HashMap<String, Flight<T>>>>);

/// A fetch that somebody has to make. Dropped, whatever came of it, it makes room for the next.
pub(super) struct Ticket<T> {
    flights: Flights<T>,
    key: String,
    sender: watch::Sender<Option<T>>,
}

impl<T> Clone for Flights<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Flights<T> {
    /// Joins the fetch of `key`. Who is the first gets the ticket, and must see to it that it is made.
    pub(super) fn join(&self, key: &str) -> (Flight<T>, Option<Ticket<T>>) {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match flights.entry(key.to_owned()) {
            Entry::Occupied(flight) => (flight.get().clone(), None),
            Entry::Vacant(entry) => {
                let (sender, flight) = watch::channel(None);
                entry.insert(flight.clone());
                (flight, Some(Ticket { flights: self.clone(), key: key.to_owned(), sender }))
            }
        }
    }
}

impl<T> Ticket<T> {
    /// Tells all who joined.
    pub(super) fn land(self, value: T) {
        self.sender.send_replace(Some(value));
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_who_join_get_what_the_first_one_fetched() {
        let flights = Flights::<u32>::default();
        let (mut first, ticket) = flights.join("job");
        let (mut second, nothing) = flights.join("job");
        assert!(nothing.is_none() && flights.join("another").1.is_some());
        ticket.unwrap().land(7);
        assert_eq!(*first.wait_for(Option::is_some).await.unwrap(), Some(7));
        assert_eq!(*second.wait_for(Option::is_some).await.unwrap(), Some(7));
        assert!(flights.join("job").1.is_some(), "the next one fetches again");
    }

    #[tokio::test]
    async fn a_fetch_that_falls_over_keeps_nobody_waiting() {
        let flights = Flights::<u32>::default();
        let (mut flight, ticket) = flights.join("job");
        drop(ticket);
        assert!(flight.wait_for(Option::is_some).await.is_err());
        assert!(flights.join("job").1.is_some());
    }
}
