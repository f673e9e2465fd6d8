package storage

// driver is a storage driver that can encrypt volumes, and by default does not.
type driver struct {
	names []string
	// param of a StorageClass asks for encryption; drivers read it in any case.
	param string
	// onVolume says that a PersistentVolume repeats the parameter among its
	// volumeAttributes, and that its absence there means plain.
	onVolume bool
	// encrypts says that absence means encryption.
	encrypts bool
}

// drivers are from the drivers' documentation of mid-2026. Azure Disk and
// Google's persistent disks are left out: both always encrypt, and offer no
// parameter against it.
var drivers = []driver{
	{[]string{"ebs.csi.aws.com", "kubernetes.io/aws-ebs"}, "encrypted", false, false},
	{[]string{"efs.csi.aws.com"}, "encryptInTransit", true, true},
	{[]string{"driver.longhorn.io"}, "encrypted", true, false},
	{[]string{"rbd.csi.ceph.com"}, "encrypted", true, false},
}
