-- The sizes by which the view partition_size judges.
select small_bytes, warn_bytes, alert_bytes from :management.size_thresholds
