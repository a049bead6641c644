-- One end of a partition as a time, from the text that the server prints in UTC. Null where it is open or no time. A UUID is the
-- lowest of its millisecond, with or without the bits of version 7 and of the variant, or the highest: that one ends before the
-- next millisecond.
create or replace function :management.read_bound(bound text, encoding text, zone text) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  plain text := btrim(bound, '''');
  highest boolean;
  units numeric;
begin
  if encoding = 'time' then
    if plain !~ '^\d{4,}-\d\d-\d\d' then return null; end if;
    if plain ~ '\d:\d\d(\.\d+)?[+-]\d' then return plain::timestamptz; end if;
    return plain::timestamp at time zone zone;
  end if;
  if encoding = 'uuidv7' then
    highest := plain ~ '^[0-9a-f]{8}-[0-9a-f]{4}-(7|f)fff-(b|f)fff-f{12}$';
    if not highest and plain !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[07]000-[08]000-0{12}$' then return null; end if;
    units := ('x' || lpad(left(replace(plain, '-', ''), 12), 16, '0'))::bit(64)::bigint * 1000::numeric;
    if highest then units := units + 1000; end if;
  else
    if plain !~ '^-?\d+$' then return null; end if;
    units := plain::numeric * case encoding when 'epoch-s' then 1000000 when 'epoch-ms' then 1000 else 1 end;
  end if;
  return timestamptz 'epoch' + div(units, 1000000)::bigint * interval '1 second' + mod(units, 1000000)::int * interval '1 microsecond';
end
$function$;
