-- `repository` is the id of a row of repositories. Once there is no next page, everything from `read_from` to
-- `read_to` has been read; `window_from` and `window_to` bound the pages that are being read.
ALTER TABLE sync_progress ADD COLUMN read_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_progress ADD COLUMN read_to BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_progress ADD COLUMN window_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_progress ADD COLUMN window_to BIGINT NOT NULL DEFAULT 0;
