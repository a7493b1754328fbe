"""The orchestrators' database, as a test looks into it: who owns which shard, and what is open."""

import psycopg2


class OrdersDb:
    def __init__(self, stack):
        self.connection = psycopg2.connect(stack.database_url("orders_db"))
        self.connection.autocommit = True

    def close(self):
        self.connection.close()

    def rows(self, sql, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def owners(self):
        """shard -> (address, token)"""
        return {shard: (address, token) for shard, address, token in self.rows(
            "SELECT shard, address, token FROM shards ORDER BY shard")}

    def shards_of(self, part):
        return [shard for shard, (address, _) in self.owners().items() if address == part.url]

    def open_sagas(self, shards):
        """id -> version"""
        return dict(self.rows("SELECT id::text, version FROM sagas WHERE shard = ANY(%s::smallint[]) "
                              "AND finished_at IS NULL", shards))

    def count_at_rest(self, sagas):
        """How many of these (id -> version) have neither ended nor moved on."""
        return self.rows("SELECT count(*) FROM sagas s JOIN unnest(%s::uuid[], %s::bigint[]) AS t(id, version) "
                         "ON s.id = t.id AND s.version = t.version WHERE s.finished_at IS NULL",
                         list(sagas), list(sagas.values()))[0][0]

    def status_counts(self):
        return dict(self.rows("SELECT status, count(*) FROM sagas GROUP BY status"))
