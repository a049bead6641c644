-- In the place of RDS's extension aws_s3: the same function by name, parameters and results. The server itself prints the rows and
-- sends them, overwriting what is there.
create function aws_s3.query_export_to_s3(
  query text, bucket text, file_path text, region text default null, options text default null, kms_key text default null,
  out rows_uploaded bigint, out files_uploaded bigint, out bytes_uploaded bigint
) language plpgsql security definer as $body$
begin
  execute format(
    'copy (%s) to program %L with (%s)',
    query,
    format('%s %s %s %s', current_setting('stand_in.program'), bucket, file_path, coalesce(region, 'us-east-1')),
    options
  );
  get diagnostics rows_uploaded = row_count;
  files_uploaded := 1;
end
$body$;
