//! Compares the list in a small and a large catalogue: the first page, and a page by cursor in the middle.

use crate::{
    measure::{self, Figures, Report, Target, Unit, movies},
    support::{App, Method},
};

const SMALL: i64 = 10_000;
const WARM_UP: usize = 10;
const RUNS: usize = 200;

pub async fn run(report: &mut Report) {
    if !measure::is_chosen("list_movies") {
        return;
    }
    let large = movies::depth();
    let mut sides = Vec::new();
    for size in [SMALL, large] {
        let app = App::start().await;
        movies::add(&mut app.db().await, 1, size).await;
        let list = |query: &str| {
            let target = format!("/api/v1/theater/movies/?{query}");
            measure::request(Method::GET, &target, String::new())
        };
        let lists = [list("page=1"), list(&movies::step_in_the_middle(size))];
        let (process, _) = measure::start(&app, &measure::executable("list_movies"), &lists[0]);
        let events = lists.map(|list| measure::event(&app, &list));
        sides.push((app, process, events, [Figures::default(), Figures::default()]));
    }
    for run in 0..WARM_UP + RUNS {
        for (_app, process, events, figures) in &mut sides {
            for (event, figures) in events.iter().zip(figures) {
                let outcome = process.invoke(event);
                assert_eq!(outcome.status(), 200);
                if run >= WARM_UP {
                    figures.push_time(outcome.took);
                }
            }
        }
    }
    let [small, large_side] = &sides[..] else { panic!("there are two sizes") };
    for (place, name) in ["page 1", "a cursor's step in the middle"].into_iter().enumerate() {
        let of = format!("{name}, {large} movies");
        let limit = format!("{SMALL} movies");
        let limit = Some((limit.as_str(), &small.3[place]));
        let target = Some(Target::UpToTimes(1.5));
        report.add("list", of, Unit::Milliseconds, &large_side.3[place], limit, target);
    }
}
