-- What the images of a trained generator are like, beside `diversity`: how many of the held-out images they cover, and how
-- far they are from the training images, against how far held-out ones are. NULL in fits of earlier builds.
ALTER TABLE fits ADD COLUMN coverage REAL;
ALTER TABLE fits ADD COLUMN novelty REAL;
