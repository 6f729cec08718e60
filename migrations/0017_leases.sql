-- Who works on what is asked for all the time, and by every merge: it must not take a look at all fits.
CREATE INDEX fits_leased ON fits (lease_until) WHERE lease_until IS NOT NULL;
