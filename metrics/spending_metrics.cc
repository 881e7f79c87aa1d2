#include "metrics/spending_metrics.h"

namespace chunkrd::metrics {

SpendingMetrics::SpendingMetrics(prometheus::Registry& r)
    : documents_(counter(r, "chunkrd_paid_documents_total", "Documents that were paid for.").Add({})),
      pages_(counter(r, "chunkrd_paid_pages_total", "Pages that were paid for.").Add({})),
      day_documents_(
          gauge(r, "chunkrd_day_paid_documents", "Documents that were paid for on this day (UTC).").Add({})),
      day_pages_(gauge(r, "chunkrd_day_paid_pages", "Pages that were paid for on this day (UTC).").Add({})),
      budget_documents_(
          gauge(r, "chunkrd_day_budget_documents", "limits.documents_per_day; 0: no bound.").Add({})),
      budget_pages_(gauge(r, "chunkrd_day_budget_pages", "limits.pages_per_day; 0: no bound.").Add({})),
      rate_allowed_(gauge(r, "chunkrd_submits_per_second_allowed",
                          "Submits a second that are allowed now: less than configured after the service has "
                          "said too fast.")
                        .Add({})),
      rate_configured_(
          gauge(r, "chunkrd_submits_per_second_configured", "limits.submits_per_second.").Add({})) {}

void SpendingMetrics::spent(queue::Spent more) {
  documents_.Increment(more.documents);
  pages_.Increment(more.pages);
}

void SpendingMetrics::set_day(const Day& day) {
  day_documents_.Set(day.spent.documents);
  day_pages_.Set(day.spent.pages);
  budget_documents_.Set(day.budget.documents);
  budget_pages_.Set(day.budget.pages);
}

void SpendingMetrics::set_rate(double allowed, double configured) {
  rate_allowed_.Set(allowed);
  rate_configured_.Set(configured);
}

}  // namespace chunkrd::metrics
