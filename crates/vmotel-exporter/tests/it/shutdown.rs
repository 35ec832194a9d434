use std::{thread, time::Duration};

use vmotel_exporter::{Engine, Exporter, Format, ListenError, ScrapeError};
use vmotel_testkit::request;

use super::{builder, get, listen};

const TIMEOUT: Duration = Duration::from_secs(5);

fn counted(edit: fn(&mut vmotel_exporter::Config)) -> Exporter {
    let exporter = builder().with(edit).build().unwrap();
    exporter.meter("m").u64_counter("c").build().add(1, &[]);
    exporter
}

#[test]
fn after_the_shutdown_scrapes_are_refused() {
    let exporter = counted(|_| {});
    let address = listen(&exporter);
    assert_eq!(get(&address, &[]).status, 200);
    exporter.shutdown_blocking(TIMEOUT).unwrap();
    assert_eq!(exporter.scrape(Format::Text), Err(ScrapeError::ShutDown));
    assert!(
        request(&address, "GET", "/metrics", &[], b"").is_err(),
        "the port is free again"
    );
    assert!(matches!(exporter.listen(), Err(ListenError::ShutDown)));
    assert_eq!(
        exporter.shutdown_blocking(TIMEOUT),
        Ok(Default::default()),
        "a second call does nothing"
    );
}

#[test]
fn routes_answer_503_after_the_shutdown() {
    let exporter = counted(|_| {});
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let app: axum::Router = exporter.routes();
    runtime.spawn(async move { axum::serve(listener, app).await });
    assert_eq!(get(&address, &[]).status, 200);
    runtime.block_on(exporter.shutdown(TIMEOUT)).unwrap();
    let answer = get(&address, &[]);
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (503, "the exporter is shut down\n")
    );
}

#[test]
fn a_final_scrape_sees_the_last_values() {
    let exporter = counted(|config| config.await_final_scrape = true);
    let address = listen(&exporter);
    let shutdown = thread::spawn(move || exporter.shutdown_blocking(Duration::from_secs(20)));
    thread::sleep(Duration::from_millis(100));
    assert!(
        get(&address, &[])
            .text()
            .contains("c_total{otel_scope_name=\"m\"} 1\n")
    );
    assert!(shutdown.join().unwrap().unwrap().final_scrape);

    let unseen = counted(|config| config.await_final_scrape = true);
    let _address = listen(&unseen);
    assert!(
        !unseen
            .shutdown_blocking(Duration::from_millis(200))
            .unwrap()
            .final_scrape
    );
}

#[test]
fn shutdown_needs_no_runtime_and_runs_on_any() {
    let run = |runtime: &tokio::runtime::Runtime| {
        let exporter = counted(|_| {});
        let _address = listen(&exporter);
        runtime.block_on(exporter.shutdown(TIMEOUT)).unwrap();
    };
    run(&tokio::runtime::Builder::new_current_thread().build().unwrap());
    run(&tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap());
    let exporter = counted(|_| {});
    let address = listen(&exporter);
    drop(exporter.guard(TIMEOUT));
    assert!(request(&address, "GET", "/metrics", &[], b"").is_err());
}

#[test]
fn shutdown_is_bounded_by_its_deadline() {
    let stop = |engine| {
        let exporter = builder().with_engine(engine).build().unwrap();
        let _gauge = exporter
            .meter("m")
            .u64_observable_gauge("hangs")
            .with_callback(|_| thread::sleep(Duration::from_secs(30)))
            .build();
        let (sender, receiver) = std::sync::mpsc::channel();
        thread::spawn(move || sender.send(exporter.shutdown_blocking(Duration::from_millis(300))));
        receiver
            .recv_timeout(Duration::from_secs(3))
            .expect("it is bounded")
    };
    // The SDK's provider collects a last time.
    assert_eq!(
        stop(Engine::Sdk).unwrap_err().to_string(),
        "the shutdown took longer than 300 ms while the meter provider shuts down"
    );
    assert_eq!(stop(Engine::Native), Ok(Default::default()));
}

#[test]
fn dropping_the_last_handle_ends_the_listener() {
    let exporter = counted(|_| {});
    let address = listen(&exporter);
    drop(exporter);
    for _ in 0..100 {
        if request(&address, "GET", "/metrics", &[], b"").is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the listener still answers");
}

#[tokio::test]
async fn the_signal_ends_with_the_shutdown_too() {
    let exporter = counted(|_| {});
    let signal = exporter.shutdown_signal();
    exporter.shutdown(TIMEOUT).await.unwrap();
    tokio::time::timeout(TIMEOUT, signal).await.unwrap();
}
